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

const DAYS_KEPT = 14;

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

/** Asks for some days at once and keeps those that changed; gives each as it now is, null where there is no plan. */
export function refreshDays(database: Database, rep: string, dates: readonly string[]): Promise<(KeptDay | null)[]> {
  return Promise.all(
    dates.map(async (date) => {
      const kept = (await keptDay(database, rep, date)) ?? null;
      const fetched = await fetchDay(rep, date, kept?.etag ?? "");
      if (fetched.kind === "new") await keepDay(database, fetched.day);
      return fetched.kind === "new" ? fetched.day : fetched.kind === "none" ? null : kept;
    }),
  );
}

/** Drops days that ended two weeks before a date: a phone keeps no more of its customers than it needs. */
export async function forgetOldDays(database: Database, today: string): Promise<void> {
  const oldest = new Date(Date.parse(today) - DAYS_KEPT * 24 * 3600_000).toISOString().slice(0, 10);
  for (const name of await database.getAllKeys("kept", IDBKeyRange.bound("day/", "day/\uffff"))) {
    if ((name.split("/").at(-1) ?? "") < oldest) await database.delete("kept", name);
  }
}
