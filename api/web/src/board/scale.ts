import type { BoardRep, DayPlan } from "./types";

const HOUR_S = 3600;
const AT_LEAST: [number, number] = [8 * HOUR_S, 17 * HOUR_S];

/** The hours that the timeline shows, in seconds from midnight. */
export interface Frame {
  from_s: number;
  to_s: number;
}

/** The hours of all shifts and plans, whole and with a little room on both sides. */
export function frameOf(reps: readonly BoardRep[], plans: Iterable<DayPlan>): Frame {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { shift } of reps) {
    if (shift) starts.push(shift.start_s), ends.push(shift.end_s);
  }
  for (const plan of plans) starts.push(plan.leave_s, plan.shift.start_s), ends.push(plan.totals.end_s, plan.shift.end_s);
  const first = Math.min(...(starts.length ? starts : [AT_LEAST[0]]));
  const last = Math.max(...(ends.length ? ends : [AT_LEAST[1]]));
  return {
    from_s: Math.max(0, Math.floor((first - HOUR_S / 4) / HOUR_S) * HOUR_S),
    to_s: Math.min(48 * HOUR_S, Math.ceil((last + HOUR_S / 4) / HOUR_S) * HOUR_S),
  };
}

/** Where a second of the day lies, in percent of the timeline's width. */
export function at(frame: Frame, seconds: number): number {
  return ((seconds - frame.from_s) / (frame.to_s - frame.from_s)) * 100;
}

/** How wide so many seconds are, in percent. */
export function wide(frame: Frame, seconds: number): number {
  return (Math.max(0, seconds) / (frame.to_s - frame.from_s)) * 100;
}

/** The second of the day at a share (0 to 1) of the timeline's width. */
export function secondAt(frame: Frame, share: number): number {
  return Math.round(frame.from_s + share * (frame.to_s - frame.from_s));
}

/** The full hours of a frame. */
export function hoursOf(frame: Frame): number[] {
  return Array.from({ length: Math.floor((frame.to_s - frame.from_s) / HOUR_S) + 1 }, (_, index) => frame.from_s + index * HOUR_S);
}
