import type { BoardRep, DayPlan, Span } from "./types";

const DAY_S = 86_400;

/** The instant of the local midnight that a span's seconds count from. */
export function midnightOf(span: Pick<Span, "start" | "start_s">): number {
  return Date.parse(span.start) - span.start_s * 1000;
}

/** Seconds of the rep's day at a moment; null where the day's midnight is not known. */
export function secondsAt(rep: BoardRep | undefined, plan: DayPlan | undefined, moment: number): number | null {
  const span = plan?.shift ?? rep?.shift;
  return span ? Math.floor((moment - midnightOf(span)) / 1000) : null;
}

/** Whether so many seconds lie within the day. */
export function isDuring(seconds: number | null): seconds is number {
  return seconds !== null && seconds >= 0 && seconds < DAY_S;
}

/** The wall time in a moment such as 2026-11-23T10:40:00+02:00. */
export function wallTime(moment: string): string {
  return moment.slice(11, 16);
}

/** Wall time so many seconds after the midnight of the day that the span is of. */
export function wallAt(span: Pick<Span, "start" | "start_s">, seconds: number): string {
  const [hours = 0, minutes = 0] = wallTime(span.start).split(":").map(Number);
  const total = Math.round((hours * 60 + minutes + (seconds - span.start_s) / 60 + 2 * 1440) % 1440);
  return `${String(Math.floor(total / 60) % 24).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;
}

/** So many seconds as whole minutes. */
export function minutes(seconds: number): number {
  return Math.round(seconds / 60);
}

/** The date so many days after another. */
export function daysAfter(date: string, count: number): string {
  const moment = new Date(`${date}T12:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + count);
  return moment.toISOString().slice(0, 10);
}

/** The Monday of a date's week. */
export function mondayOf(date: string): string {
  const weekday = (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7;
  return daysAfter(date, -weekday);
}

/** The calendar date here and now. */
export function todayHere(now = new Date()): string {
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
