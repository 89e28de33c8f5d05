import type { DayPlan, PlannedStop } from "./types";

/** A drive, as a span of the day. */
export interface Drive {
  key: string;
  from_s: number;
  to_s: number;
}

const ENDED = new Set(["done", "no_show", "cancelled", "skipped"]);

/** Whether a stop can still be moved by the office. */
export function isOpen(stop: PlannedStop): boolean {
  return !ENDED.has(stop.state) && stop.state !== "arrived" && stop.state !== "en_route" && !stop.locked;
}

export function isEnded(stop: PlannedStop): boolean {
  return ENDED.has(stop.state);
}

/** The drives of a day: to every stop, and home. A break taken on the way lies on top of its drive. */
export function drivesOf(plan: DayPlan): Drive[] {
  const drives: Drive[] = plan.stops.map((stop) => ({ key: stop.visit, from_s: stop.arrival_s - stop.travel_s, to_s: stop.arrival_s }));
  const last = plan.stops.at(-1);
  if (last) {
    const home_s = plan.totals.travel_s - plan.stops.reduce((sum, stop) => sum + stop.travel_s, 0);
    if (home_s > 0) drives.push({ key: "home", from_s: plan.totals.end_s - home_s, to_s: plan.totals.end_s });
  }
  return drives.filter((drive) => drive.to_s > drive.from_s);
}

/** The stop after which something dropped at a time belongs: the last one that begins before it; null: first. */
export function stopBefore(plan: DayPlan | undefined, seconds: number, without: string | null): string | null {
  const before = plan?.stops.filter((stop) => stop.visit !== without && (stop.start_s < seconds || !isOpen(stop)));
  return before?.at(-1)?.visit ?? null;
}
