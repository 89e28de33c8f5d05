import type { Database } from "./database";
import { fetchDay, keepDay, keptDay, type KeptDay } from "./days";

const DAYS_KEPT = 14;

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
