import { service, type DayPlan, type VisitOut } from "../api/client";
import { keep, recall, type Database } from "./database";

const PAGE = 200;

/** All earlier visits to a customer, the newest first: from the service, else as this phone keeps them. */
export async function historyOf(database: Database, customer: string): Promise<VisitOut[]> {
  const name = `history/${customer}`;
  try {
    const found = await ask(customer);
    await keep(database, name, found);
    return found;
  } catch (error) {
    const kept = await recall<VisitOut[]>(database, name);
    if (kept) return kept;
    throw error;
  }
}

/** Keeps what happened before at the stops of a day, one after the other, for the phone without a network. */
export async function keepHistory(database: Database, plan: DayPlan): Promise<void> {
  for (const { customer } of plan.stops) {
    if (!(await recall(database, `history/${customer}`))) await historyOf(database, customer);
  }
}

async function ask(customer: string): Promise<VisitOut[]> {
  const found: VisitOut[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { data }: { data?: { items: VisitOut[]; next_cursor: string | null } } = await service.GET("/api/v1/visits", {
      params: { query: { customer, limit: PAGE, ...(cursor ? { cursor } : {}) } },
    });
    if (!data) throw new Error("no answer");
    found.push(...data.items.filter((visit) => visit.ended_at));
    cursor = data.next_cursor;
  }
  return found.sort((a, b) => (b.ended_at ?? "").localeCompare(a.ended_at ?? ""));
}
