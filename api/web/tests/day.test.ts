import { describe, expect, test } from "vitest";
import type { DayPlan, PlannedStop } from "../src/api/client";
import type { Tap } from "../src/offline/tap";
import { changesBetween, dateIn, daysLater, nextStop, progress, sameShift, shownStops, weekFrom } from "../src/today/day";

function stop(visit: string, start_s: number, state = "planned"): PlannedStop {
  return { visit, name: visit, state, start_s, locked: state !== "planned" } as PlannedStop;
}

function day(stops: PlannedStop[], version = 1, end_s = 60_000): DayPlan {
  return { version, stops, totals: { end_s } } as DayPlan;
}

function tap(visit: string, kind: Tap["kind"], state: Tap["state"] = "waiting"): Tap {
  return { visit, kind, state } as Tap;
}

describe("a day with taps that wait", () => {
  const plan = day([stop("a", 30_000, "done"), stop("b", 34_000), stop("c", 38_000)]);

  test("shows what was tapped, and says that it is not sent", () => {
    const stops = shownStops(plan, [tap("b", "arrive"), tap("c", "cancel")]);
    expect(stops.map((one) => [one.shown, one.unsent])).toEqual([
      ["done", false],
      ["arrived", true],
      ["cancelled", true],
    ]);
    expect(nextStop(stops)?.visit).toBe("b");
    expect(progress(stops)).toEqual({ done: 1, all: 2 });
  });

  test("a refused tap changes nothing", () => {
    const stops = shownStops(plan, [tap("b", "complete", "refused")]);
    expect(stops[1]?.shown).toBe("open");
    expect(nextStop(stops)?.visit).toBe("b");
  });

  test("the last tap of a stop counts", () => {
    expect(shownStops(plan, [tap("b", "arrive"), tap("b", "complete")])[1]?.shown).toBe("done");
  });

  test("nothing is next when all is done", () => {
    expect(nextStop(shownStops(day([stop("a", 1, "done")]), []))).toBeNull();
  });
});

describe("what somebody else changed", () => {
  const before = day([stop("a", 30_000), stop("b", 34_000), stop("c", 38_000)]);

  test("added, removed and retimed from five minutes", () => {
    const after = day([stop("a", 30_100), stop("c", 36_000), stop("d", 40_000)], 2);
    const found = changesBetween(before, after, new Set());
    expect(found?.added.map((one) => one.visit)).toEqual(["d"]);
    expect(found?.removed.map((one) => one.visit)).toEqual(["b"]);
    expect(found?.retimed.map(({ stop: one, byMinutes }) => [one.visit, byMinutes])).toEqual([["c", -33]]);
  });

  test("what was called off here is no news", () => {
    expect(changesBetween(before, day([stop("a", 30_000), stop("c", 38_000)], 2), new Set(["b"]))).toBeNull();
  });

  test("stops that all moved alike are told in one line", () => {
    const moved = (...minutes: number[]) => minutes.map((byMinutes) => ({ stop: stop("a", 0), byMinutes }));
    expect(sameShift(moved(-30, -31, -30))).toBe(-30);
    expect(sameShift(moved(-30, -12, -30))).toBeNull();
    expect(sameShift(moved(-30, -30))).toBeNull();
    expect(sameShift([])).toBeNull();
  });

  test("nothing is nothing", () => {
    expect(changesBetween(before, day(before.stops, 2), new Set())).toBeNull();
  });
});

describe("dates", () => {
  test("today is the rep's, not the phone's", () => {
    const evening = new Date("2026-11-23T20:30:00Z");
    expect(dateIn("Asia/Shanghai", "", evening)).toBe("2026-11-24");
    expect(dateIn("Europe/Helsinki", "", evening)).toBe("2026-11-23");
  });

  test("a phone whose clock runs as the rep's reads today off it, any other asks the zone", () => {
    for (const hour of [0, 6, 12, 18, 23]) {
      const now = new Date(2026, 10, 23, hour, 59);
      const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const offset = -now.getTimezoneOffset();
      const part = (count: number): string => String(Math.floor(Math.abs(count))).padStart(2, "0");
      const moment = `2026-11-23T08:00:00${offset < 0 ? "-" : "+"}${part(offset / 60)}:${part(offset % 60)}`;
      expect(dateIn(here, moment, now)).toBe("2026-11-23");
      expect(dateIn("Pacific/Kiritimati", "2026-11-23T08:00:00+14:00", now)).toBe(dateIn("Pacific/Kiritimati", "", now));
      expect(dateIn("Pacific/Marquesas", "2026-11-23T08:00:00-09:30", now)).toBe(dateIn("Pacific/Marquesas", "", now));
    }
  });

  test("days later over months and clock changes", () => {
    expect(daysLater("2026-03-28", 2)).toBe("2026-03-30");
    expect(daysLater("2026-12-31", 1)).toBe("2027-01-01");
    expect(weekFrom("2026-12-28").at(-1)).toBe("2027-01-03");
  });
});
