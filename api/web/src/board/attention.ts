import { isEnded, isOpen } from "./bars";
import { isDuring, secondsAt } from "./clock";
import type { BoardRep, DayPlan, PlannedStop, UnplannedVisit } from "./types";

export type Need = "promise" | "late" | "silent" | "freed" | "unserved";
export const NEEDS: readonly Need[] = ["promise", "late", "silent", "freed", "unserved"];

/** One thing that needs somebody's eyes. `amount_s` is how late, how long silent, how much time or value. */
export interface Attention {
  key: string;
  kind: Need;
  rep: string | null;
  visit: string | null;
  customer: string | null;
  name: string;
  amount_s: number;
  start: string | null;
}

const LATE_S = 10 * 60;
const SILENT_S = 60 * 60;
const OVERDUE_S = 20 * 60;
const GAP_S = 30 * 60;
const EARLY_HOME_S = 75 * 60;
const WORTH_S = 30 * 60;

/** What needs attention on a day at a moment, the most urgent first within each kind. */
export function attentionOf(
  reps: readonly BoardRep[],
  plans: ReadonlyMap<string, DayPlan>,
  unplanned: readonly UnplannedVisit[],
  moment: number,
): Attention[] {
  const found: Attention[] = [];
  for (const rep of reps) {
    const plan = plans.get(rep.id);
    if (!plan) continue;
    const now_s = secondsAt(rep, plan, moment);
    found.push(...ofDay(rep, plan, now_s, moment));
  }
  for (const one of unplanned) {
    if (one.promise || one.must || one.value_s >= WORTH_S) {
      found.push({ ...EMPTY, key: `unserved/${one.customer}`, kind: one.promise ? "promise" : "unserved", customer: one.customer, name: one.name, amount_s: one.value_s, start: one.promise?.start ?? null });
    }
  }
  return found.sort((a, b) => NEEDS.indexOf(a.kind) - NEEDS.indexOf(b.kind) || b.amount_s - a.amount_s || a.key.localeCompare(b.key));
}

const EMPTY = { rep: null, visit: null, customer: null, start: null };

function ofDay(rep: BoardRep, plan: DayPlan, now_s: number | null, moment: number): Attention[] {
  const found: Attention[] = [];
  const during = isDuring(now_s);
  const behind = during ? behindOf(plan, now_s) : null;
  const heard = rep.last_sign ? (moment - Date.parse(rep.last_sign)) / 1000 : Infinity;
  const silent = behind !== null && behind.by_s >= OVERDUE_S && heard >= SILENT_S;
  const late_s = behind && !silent ? behind.by_s : 0;
  if (behind && silent) {
    found.push({ ...EMPTY, key: `silent/${rep.id}`, kind: "silent", rep: rep.id, name: rep.name, amount_s: Math.min(heard, behind.by_s), start: rep.last_sign ?? null });
  } else if (behind && late_s >= LATE_S) {
    found.push({ ...EMPTY, key: `late/${rep.id}`, kind: "late", rep: rep.id, visit: behind.stop.visit, name: rep.name, amount_s: late_s, start: null });
  }
  for (const stop of plan.stops) {
    if (!stop.promise || !isOpen(stop)) continue;
    const over_s = stop.start_s + late_s - stop.promise.end_s;
    if (over_s > 0) {
      found.push({ ...EMPTY, key: `promise/${stop.visit}`, kind: "promise", rep: rep.id, visit: stop.visit, name: stop.name, amount_s: over_s, start: stop.promise.end });
    }
  }
  const gap = widestGap(rep, plan, during ? now_s : 0);
  if (gap) found.push({ ...EMPTY, key: `freed/${rep.id}`, kind: "freed", rep: rep.id, visit: gap.visit, name: rep.name, amount_s: gap.length_s, start: gap.start });
  return found;
}

/** The first stop that nobody said is over although it should be, and by how much. */
function behindOf(plan: DayPlan, now_s: number): { stop: PlannedStop; by_s: number } | null {
  const stop = plan.stops.find((one) => !isEnded(one));
  if (!stop) return null;
  const due_s = stop.state === "arrived" ? stop.departure_s : stop.start_s;
  return now_s > due_s ? { stop, by_s: now_s - due_s } : null;
}

/** The longest idle time that is still ahead: between stops, or before the end of the shift. */
export function widestGap(rep: BoardRep, plan: DayPlan, now_s: number): { length_s: number; start: string | null; visit: string | null } | null {
  let best: { length_s: number; start: string | null; visit: string | null } | null = null;
  let free_s = plan.leave_s;
  let since: PlannedStop | null = null;
  for (const stop of plan.stops) {
    const breaks_s = plan.breaks
      .filter((one) => one.start_s >= free_s && one.start_s < stop.start_s)
      .reduce((sum, one) => sum + one.duration_s, 0);
    const idle_s = stop.start_s - Math.max(free_s, now_s) - stop.travel_s - breaks_s;
    if (isOpen(stop) && idle_s >= GAP_S && idle_s > (best?.length_s ?? 0)) {
      best = { length_s: idle_s, start: since?.departure ?? plan.leave, visit: stop.visit };
    }
    free_s = stop.departure_s;
    since = stop;
  }
  const end_s = rep.shift?.end_s ?? plan.shift.end_s;
  const home_s = end_s - Math.max(plan.totals.end_s, now_s);
  if (plan.stops.length > 0 && home_s >= EARLY_HOME_S && home_s > (best?.length_s ?? 0)) {
    best = { length_s: home_s, start: plan.totals.end, visit: null };
  }
  return best;
}
