import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DayPlan } from "../src/api/client";
import { forgetDays, keep, recall, type Database } from "../src/offline/database";
import { openDatabase } from "../src/offline/open";
import { forgetOldDays, keepDay, keptDay, refreshDays } from "../src/offline/days";

let database: Database;
let count = 0;

function day(date: string, version = 1) {
  const plan = { rep: "ana", date, version, timezone: "Europe/Helsinki" } as DayPlan;
  return { plan, etag: `"${version}"`, fetchedAt: 1 };
}

beforeEach(async () => {
  count += 1;
  database = await openDatabase(`days-${count}`);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("days that ended two weeks ago go, the others stay", async () => {
  const dates = ["2026-11-01", "2026-11-09", "2026-11-23"];
  for (const date of dates) await keepDay(database, day(date));
  await forgetOldDays(database, "2026-11-23");
  const left = await Promise.all(dates.map((date) => keptDay(database, "ana", date)));
  expect(left.map((one) => one?.plan.date)).toEqual([undefined, "2026-11-09", "2026-11-23"]);
});

test("somebody else who signs in finds neither days nor customers", async () => {
  await keepDay(database, day("2026-11-23"));
  await keep(database, "history/c1", []);
  await keep(database, "settings", {});
  await forgetDays(database);
  expect(await keptDay(database, "ana", "2026-11-23")).toBeUndefined();
  expect(await recall(database, "history/c1")).toBeUndefined();
  expect(await recall(database, "settings")).toEqual({});
});

test("a week without a network is the one that is kept", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  await keepDay(database, day("2026-11-23"));
  const found = await refreshDays(database, "ana", ["2026-11-23", "2026-11-24"]);
  expect(found.map((one) => one?.plan.date)).toEqual(["2026-11-23", undefined]);
});
