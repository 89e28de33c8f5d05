import type { DayPlan, PlannedStop } from "../api/client";
import type { Tap, TapKind } from "../offline/tap";

/** A stop as the page shows it: the plan's, with what was tapped here and is not sent yet. */
export interface ShownStop extends PlannedStop {
  /** Place in the day, from 1. */
  number: number;
  shown: ShownState;
  /** Whether `shown` comes from a tap that the service does not have yet. */
  unsent: boolean;
}

export type ShownState = "open" | "arrived" | "done" | "no_show" | "cancelled";

export interface Changes {
  added: PlannedStop[];
  removed: PlannedStop[];
  retimed: { stop: PlannedStop; byMinutes: number }[];
  endByMinutes: number;
}

const AFTER: Partial<Record<TapKind, ShownState>> = {
  arrive: "arrived",
  complete: "done",
  "no-show": "no_show",
  cancel: "cancelled",
  skip: "cancelled",
};
const STATES: Record<string, ShownState> = {
  arrived: "arrived",
  done: "done",
  no_show: "no_show",
  cancelled: "cancelled",
  skipped: "cancelled",
};
/** A stop that starts less than this many minutes earlier or later is not worth telling. */
const TOLD_FROM_MIN = 5;

/** The stops of a day as they stand once all waiting taps are sent. */
export function shownStops(plan: DayPlan, taps: readonly Tap[]): ShownStop[] {
  const told = new Map<string, ShownState>();
  for (const tap of taps) {
    const after = tap.state === "waiting" ? AFTER[tap.kind] : undefined;
    if (after) told.set(tap.visit, after);
  }
  return plan.stops.map((stop, index) => ({
    ...stop,
    number: index + 1,
    shown: told.get(stop.visit) ?? STATES[stop.state] ?? "open",
    unsent: told.has(stop.visit),
  }));
}

/** The stop to go to or to finish: where the rep is, else the first that is open. */
export function nextStop(stops: readonly ShownStop[]): ShownStop | null {
  return stops.find((stop) => stop.shown === "arrived") ?? stops.find((stop) => stop.shown === "open") ?? null;
}

/** How many stops are over, of how many that count. */
export function progress(stops: readonly ShownStop[]): { done: number; all: number } {
  const counted = stops.filter((stop) => stop.shown !== "cancelled");
  return { done: counted.filter((stop) => stop.shown === "done" || stop.shown === "no_show").length, all: counted.length };
}

/** What somebody else changed between two versions of a day, apart from visits that were called off on this phone. */
export function changesBetween(before: DayPlan, after: DayPlan, calledOffHere: ReadonlySet<string>): Changes | null {
  const old = new Map(before.stops.map((stop) => [stop.visit, stop]));
  const now = new Set(after.stops.map((stop) => stop.visit));
  const found: Changes = {
    added: after.stops.filter((stop) => !old.has(stop.visit)),
    removed: before.stops.filter((stop) => !now.has(stop.visit) && !calledOffHere.has(stop.visit)),
    retimed: after.stops.flatMap((stop) => {
      const was = old.get(stop.visit);
      const byMinutes = was && !stop.locked ? Math.round((stop.start_s - was.start_s) / 60) : 0;
      return Math.abs(byMinutes) >= TOLD_FROM_MIN ? [{ stop, byMinutes }] : [];
    }),
    endByMinutes: Math.round((after.totals.end_s - before.totals.end_s) / 60),
  };
  return found.added.length || found.removed.length || found.retimed.length ? found : null;
}

/** Hours and minutes of a moment where the rep is: the service writes moments with the local offset. */
export function clock(moment: string): string {
  return moment.slice(11, 16);
}

export function minutes(seconds: number): number {
  return Math.round(seconds / 60);
}

/**
 * The date of today in a zone, such as 2026-11-23. `moment` is one of a day in that zone, written with its offset.
 *
 * Where this phone's clock runs like the zone's it is read off that: the first use of Intl costs a slow phone long.
 */
export function dateIn(zone: string, moment = "", now = new Date()): string {
  if (moment && offsetOf(moment) === -new Date(moment).getTimezoneOffset()) {
    return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  }
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const told = Object.fromEntries(parts.formatToParts(now).map((part) => [part.type, part.value]));
  return `${told["year"]}-${told["month"]}-${told["day"]}`;
}

/** Minutes east of Greenwich of a moment such as 2026-11-23T08:30:00+02:00. */
function offsetOf(moment: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(moment) ?? ["", "+", "0", "0"];
  return Number(`${sign}1`) * (60 * Number(hours) + Number(minutes));
}

/** A date some days later. */
export function daysLater(date: string, days: number): string {
  const moved = new Date(`${date}T12:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** A date and the six after it. */
export function weekFrom(date: string): string[] {
  return Array.from({ length: 7 }, (_, days) => daysLater(date, days));
}

/** The minutes by which all of some stops moved, if they moved alike; else null. */
export function sameShift(retimed: Changes["retimed"]): number | null {
  const [first, ...rest] = retimed.map((one) => one.byMinutes);
  return first !== undefined && rest.length > 1 && rest.every((one) => Math.abs(one - first) <= 1) ? first : null;
}
