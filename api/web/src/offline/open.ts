import { openDB } from "idb";
import type { Database, Kept } from "./database";

/** Opens the page's memory on this device. */
export function openDatabase(name = "beatplan"): Promise<Database> {
  return openDB<Kept>(name, 1, {
    upgrade(database) {
      database.createObjectStore("taps", { keyPath: "seq", autoIncrement: true });
      database.createObjectStore("kept");
    },
    blocking(_, __, event) {
      (event.target as IDBDatabase).close();
    },
  });
}
