import { service, type DayPlan } from "../api/client";
import { dayName, keep, recall, type Database } from "./database";

/** A day as it is kept on the phone. */
export interface KeptDay {
  plan: DayPlan;
  etag: string;
  fetchedAt: number;
}

/** What became of asking for a day: a newer one, the same as before, none there, or no network. */
export type Fetched = { kind: "new"; day: KeptDay } | { kind: "same" | "none" | "offline" };

export function keptDay(database: Database, rep: string, date: string): Promise<KeptDay | undefined> {
  return recall<KeptDay>(database, dayName(rep, date));
}

export async function keepDay(database: Database, day: KeptDay): Promise<void> {
  const { rep, date, timezone, leave } = day.plan;
  await keep(database, "whereabouts", { zone: timezone, moment: leave });
  await keep(database, dayName(rep, date), day);
}

/** Asks the service for a day, unless it is the one that has this ETag. */
export async function fetchDay(rep: string, date: string, etag: string): Promise<Fetched> {
  try {
    const { data, response } = await service.GET("/api/v1/reps/{rep_id}/plans/{date}", {
      params: { path: { rep_id: rep, date }, header: etag ? { "if-none-match": etag } : {} },
    });
    if (response.status === 304) return { kind: "same" };
    if (response.status === 404) return { kind: "none" };
    if (!data) return { kind: "offline" };
    return { kind: "new", day: { plan: data, etag: response.headers.get("ETag") ?? "", fetchedAt: Date.now() } };
  } catch {
    return { kind: "offline" };
  }
}
