import type { DBSchema, IDBPDatabase } from "idb";
import type { Tap } from "./tap";

export interface Kept extends DBSchema {
  /** Taps by their place in the queue. */
  taps: { key: number; value: Omit<Tap, "seq"> & { seq?: number } };
  /** Everything else by name: who is signed in, days, settings. */
  kept: { key: string; value: unknown };
}

/** The page's memory on this device. */
export type Database = IDBPDatabase<Kept>;

/** The name under which a day is kept. */
export function dayName(rep: string, date: string): string {
  return `day/${rep}/${date}`;
}

export async function recall<T>(database: Database, name: string): Promise<T | undefined> {
  return (await database.get("kept", name)) as T | undefined;
}

export async function keep(database: Database, name: string, value: unknown): Promise<void> {
  await database.put("kept", value, name);
}

/** Forgets everything but the taps of other people, which only they may send or drop. */
export async function forget(database: Database, person: string): Promise<void> {
  const transaction = database.transaction(["taps", "kept"], "readwrite");
  await transaction.objectStore("kept").clear();
  for await (const cursor of transaction.objectStore("taps")) {
    if (cursor.value.person === person) await cursor.delete();
  }
  await transaction.done;
}

/** Forgets all days and customers, as when somebody else signs in. */
export async function forgetDays(database: Database): Promise<void> {
  for (const kind of ["day", "history"]) await database.delete("kept", IDBKeyRange.bound(`${kind}/`, `${kind}/\uffff`));
}
