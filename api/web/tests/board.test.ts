import { expect, test } from "vitest";
import { attentionOf, widestGap } from "../src/board/attention";
import { drivesOf, stopBefore } from "../src/board/bars";
import { daysAfter, mondayOf, wallAt } from "../src/board/clock";
import { ghostsOf, isOvertaken } from "../src/board/ghosts";
import { lookOf } from "../src/board/look";
import { at, frameOf, hoursOf, secondAt } from "../src/board/scale";
import type { BoardRep, DayPlan, PlannedStop, ProposalAnswer, UnplannedVisit } from "../src/board/types";

const DATE = "2026-11-23";
const moment = (seconds: number): string => `${DATE}T${String(Math.floor(seconds / 3600)).padStart(2, "0")}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}:00+02:00`;
const span = (start_s: number, end_s: number) => ({ start_s, end_s, start: moment(start_s), end: moment(end_s) });
const H = 3600;

function stop(visit: string, start_s: number, more: Partial<PlannedStop> = {}): PlannedStop {
  const departure_s = start_s + 1800;
  return {
    visit, customer: `of-${visit}`, name: visit, address: "", lon: 0, lat: 0, phone: "", notes: "", tier: "A", state: "planned",
    locked: false, pinned: false, arrival_s: start_s, start_s, departure_s, arrival: moment(start_s), start: moment(start_s),
    departure: moment(departure_s), travel_s: 600, distance_m: 1000, windows: [], why: { cause: "cadence", tier: "A", value_s: 3600 }, ...more,
  } as PlannedStop;
}

function plan(stops: PlannedStop[], more: Partial<DayPlan> = {}): DayPlan {
  const end_s = (stops.at(-1)?.departure_s ?? 8 * H) + 600;
  return {
    plan: "pln", rep: "ana", rep_name: "Ana", date: DATE, timezone: "Europe/Helsinki", version: 1, cause: "run", shift: span(8 * H, 17 * H),
    start: { name: "", lon: 0, lat: 0 }, end: { name: "", lon: 0, lat: 0 }, leave_s: (stops[0]?.start_s ?? 8 * H) - 600, leave: moment(8 * H), stops, breaks: [],
    totals: { stops: stops.length, travel_s: 600 * (stops.length + 1), distance_m: 0, service_s: 0, waiting_s: 0, value_s: 0, end_s, end: moment(end_s) }, objective_s: 0, ...more,
  } as DayPlan;
}

const ana = { id: "ana", name: "Ana", territory: "t", timezone: "Europe/Helsinki", home_lon: 0, home_lat: 0, shift: span(8 * H, 17 * H), away: false, last_sign: null } as BoardRep;
const when = (seconds: number): number => Date.parse(moment(seconds));
const attention = (one: DayPlan, seconds: number, rep = ana, tray: UnplannedVisit[] = []) => attentionOf([rep], new Map([["ana", one]]), tray, when(seconds));

test("a rep who was heard of and is behind is late; one who was not heard of is silent", () => {
  const day = plan([stop("a", 9 * H), stop("b", 10 * H), stop("c", 16 * H)]);
  expect(attention(day, 9 * H + 300).map((one) => one.kind)).not.toContain("late");
  const heard = { ...ana, last_sign: moment(9 * H) } as BoardRep;
  const [late] = attention(day, 9.5 * H, heard);
  expect(late).toMatchObject({ kind: "late", visit: "a", amount_s: 1800 });
  expect(attention(day, 10.5 * H).map((one) => one.kind)).toContain("silent");
  expect(attention(plan([stop("a", 9 * H, { state: "done" }), stop("b", 16 * H)]), 10 * H).filter((one) => one.kind === "silent")).toEqual([]);
});

test("a promise is at risk when the plan or the delay leaves its span, and when it has no place", () => {
  const promise = span(10 * H, 10.5 * H);
  const day = plan([stop("a", 9 * H), stop("b", 10.25 * H, { promise, state: "promised" })]);
  const heard = { ...ana, last_sign: moment(9 * H) } as BoardRep;
  expect(attention(day, 9 * H, heard).filter((one) => one.kind === "promise")).toEqual([]);
  expect(attention(day, 9.5 * H, heard)[0]).toMatchObject({ kind: "promise", visit: "b", amount_s: 900 });
  const lost = { customer: "x", name: "X", promise, must: true, value_s: 0 } as UnplannedVisit;
  expect(attention(day, 8 * H, ana, [lost])[0]).toMatchObject({ kind: "promise", customer: "x" });
});

test("freed time is the longest idle time ahead, breaks and drives left out", () => {
  const day = plan([stop("a", 9 * H), stop("b", 12 * H), stop("c", 16 * H)], { breaks: [{ start_s: 10 * H, duration_s: 1800, earliest_s: 0, latest_s: 0, start: "", end: "" }] });
  expect(widestGap(ana, day, 0)).toMatchObject({ length_s: 3.5 * H - 600, visit: "c" });
  expect(widestGap(ana, day, 13 * H)).toMatchObject({ length_s: 3 * H - 600 });
  expect(widestGap(ana, plan([stop("a", 9 * H)]), 0)).toMatchObject({ visit: null });
  expect(widestGap(ana, plan([]), 0)).toBeNull();
});

test("drives lead to every stop and home", () => {
  const drives = drivesOf(plan([stop("a", 9 * H), stop("b", 10 * H)]));
  expect(drives.map((one) => one.to_s - one.from_s)).toEqual([600, 600, 600]);
  expect(drives.at(-1)?.key).toBe("home");
});

test("what is dropped at a time goes after the stop that begins before it, never before what is executed", () => {
  const day = plan([stop("a", 9 * H, { state: "done" }), stop("b", 10 * H), stop("c", 11 * H)]);
  expect(stopBefore(day, 10.5 * H, null)).toBe("b");
  expect(stopBefore(day, 10.5 * H, "b")).toBe("a");
  expect(stopBefore(day, 8 * H, null)).toBe("a");
  expect(stopBefore(undefined, 8 * H, null)).toBeNull();
});

test("a proposal's ghosts are what comes and what leaves, and it notices that a day changed", () => {
  const place = (shift: string, start_s: number) => ({ shift, rep: shift.split("/")[0], rep_name: "", date: DATE, start_s, start: moment(start_s) });
  const proposal = {
    state: "open",
    diff: { moved: [{ visit: "b", from: place(`ana/${DATE}`, 10 * H), to: place(`bo/${DATE}`, 11 * H) }], added: [], removed: [], retimed: [] },
    days: [{ shift: `ana/${DATE}`, version: 1, plan: plan([stop("a", 9 * H)]) }, { shift: `bo/${DATE}`, version: 0, plan: plan([stop("b", 11 * H)], { rep: "bo" }) }],
  } as unknown as ProposalAnswer;
  const ghosts = ghostsOf(proposal, DATE);
  expect([...(ghosts.get("ana")?.leaving ?? [])]).toEqual(["b"]);
  expect(ghosts.get("bo")?.coming.map((one) => one.visit)).toEqual(["b"]);
  expect(isOvertaken(proposal, DATE, new Map([["ana", plan([])]]))).toBe(false);
  expect(isOvertaken(proposal, DATE, new Map([["ana", plan([], { version: 2 })]]))).toBe(true);
  expect(ghostsOf(null, DATE).size).toBe(0);
});

test("the frame holds every shift and plan, and places go there and back", () => {
  const frame = frameOf([ana], [plan([stop("a", 17 * H)])]);
  expect(frame).toEqual({ from_s: 7 * H, to_s: 18 * H });
  expect(secondAt(frame, at(frame, 10 * H) / 100)).toBe(10 * H);
  expect(hoursOf(frame)).toHaveLength(12);
});

test("dates and wall times", () => {
  expect(mondayOf("2026-11-29")).toBe(DATE);
  expect(daysAfter("2026-12-31", 1)).toBe("2027-01-01");
  expect(wallAt(span(8 * H, 17 * H), 10.5 * H)).toBe("10:30");
});

test("fifty reps all look different, and their numbers can be read", () => {
  const looks = Array.from({ length: 48 }, (_, index) => lookOf(index));
  expect(new Set(looks.map(({ hue, shape }) => hue + shape)).size).toBe(48);
  for (const { hue } of looks) expect(contrastToWhite(hue), hue).toBeGreaterThan(4.5);
});

function contrastToWhite(hue: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
    const part = parseInt(hue.slice(from, from + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}
