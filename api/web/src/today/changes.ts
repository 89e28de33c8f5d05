import type { DayPlan, PlannedStop } from "../api/client";

export interface Changes {
  added: PlannedStop[];
  removed: PlannedStop[];
  retimed: { stop: PlannedStop; byMinutes: number }[];
  endByMinutes: number;
}

/** A stop that starts less than this many minutes earlier or later is not worth telling. */
const TOLD_FROM_MIN = 5;

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

/** The minutes by which all of some stops moved, if they moved alike; else null. */
export function sameShift(retimed: Changes["retimed"]): number | null {
  const [first, ...rest] = retimed.map((one) => one.byMinutes);
  return first !== undefined && rest.length > 1 && rest.every((one) => Math.abs(one - first) <= 1) ? first : null;
}
