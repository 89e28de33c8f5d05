import { expect, test } from "vitest";
import { History, withOwners, type Step } from "../src/territories/draft";
import { Figures } from "../src/territories/figures";
import { findByName } from "../src/territories/finding";
import { HATCHES, HUES, lookOf } from "../src/territories/look";
import { differing, USUAL, type Division, type HandOver, type Territory } from "../src/territories/model";
import { pinsOf } from "../src/territories/office";
import { reasonOf } from "../src/territories/reasons";
import { en } from "../src/territories/words/en";

const division = (...owners: number[]): Division => ({
  name: "balanced",
  digest: owners.join(),
  owners: Int16Array.from(owners),
  loads: [],
  spread: 0,
  travel: 0,
  moved: 0,
  valueMoved: 0,
  broken: 0,
  exceptions: [],
  exceptionCount: 0,
  gap: null,
  wish: USUAL,
  notes: [],
});
const step = (...owners: number[]): Step => ({ base: "balanced", division: division(...owners), pins: new Map(), wish: USUAL, deed: { kind: "begin" } });
const places = (...names: string[]): Territory[] => names.map((name) => ({ id: name, name, isNew: name === "new", reps: 1, homes: [] }));

test("a change goes back and forth, and what was undone is gone after another", () => {
  const [one, two, three] = [step(0), step(1), step(2)];
  const both = new History().then(one).then(two);
  expect(both.undo().step).toBe(one);
  expect(both.undo().redo().step).toBe(two);
  expect(both.undo().undo().step).toBeNull();
  expect(both.undo().undo().canUndo).toBe(false);
  const other = both.undo().then(three);
  expect(other.canRedo).toBe(false);
  expect(other.steps).toEqual([one, three]);
});

test("a judged step takes the place of the one that waited; a refused one goes with all that followed", () => {
  const [one, two, three] = [step(0), step(1), step(2)];
  const all = new History().then(one).then(two).then(three);
  const judged = step(9);
  expect(all.replaced(two, judged).steps[1]).toBe(judged);
  expect(all.replaced(step(5), judged)).toBe(all);
  expect(all.without(two).step).toBe(one);
  expect(all.undo().undo().without(three).step).toBe(one);
});

test("moved customers show at once, and nothing else changes", () => {
  const before = division(0, 0, 1);
  const after = withOwners(before, new Map([[1, 2]]));
  expect([...after.owners]).toEqual([0, 2, 1]);
  expect([...before.owners]).toEqual([0, 0, 1]);
  expect(differing(before, after)).toEqual([1]);
});

test("every territory of a hundred has a look of its own, and neighbours in the list differ in hue", () => {
  const looks = Array.from({ length: HUES.length * HATCHES }, (_, index) => lookOf(index));
  expect(new Set(looks.map(({ hue, hatch }) => `${hue}/${hatch}`)).size).toBe(looks.length);
  looks.slice(1).forEach((look, index) => expect(look.hue).not.toBe(looks[index]?.hue));
});

test("names are found without case and accents, those that begin so first", () => {
  const names = ["Old Café", "cafe 1", "CAFÉ 2", "Bar"].map((name) => ({ name }));
  expect(findByName(names, "Café", 8)).toEqual([1, 2, 0]);
  expect(findByName(names, "cafe", 1)).toEqual([1]);
  expect(findByName(names, "  ", 8)).toEqual([]);
  const numbered = ["Grocer 1007", "Bar 70", "Bar 7"].map((name) => ({ name }));
  expect(findByName(numbered, " 7", 8)).toEqual([2, 1, 0]);
});

test("a hand-over says what it saves and breaks", () => {
  const one: HandOver = { customer: 0, from: 0, to: 1, saves: 38.2, relieves: 0, years: 4.1, breaks: true, joins: false };
  const figures = new Figures("en");
  const ground = places("North", "South");
  expect(reasonOf(one, ground, en, figures)).toBe("Moving it saves 38 min a month and breaks a 4-year relationship.");
  expect(reasonOf({ ...one, saves: -5, relieves: 61, breaks: false, joins: true }, ground, en, figures)).toBe(
    "Moving it costs 5 min a month, takes 61 min of work a month from North to South and ends its lying apart from the rest of North.",
  );
  expect(reasonOf({ ...one, saves: 0.2, breaks: false }, ground, en, figures)).toBe(`Moving it ${en.evens}.`);
});

test("figures are written as the language writes them", () => {
  const figures = new Figures("en");
  expect([figures.hours(9 * 60 + 30), figures.hours(90 * 60 + 30), figures.percent(0.0494)]).toEqual(["9.5", "91", "4.9%"]);
  expect(figures.signed(0.062)).toBe("+6%");
  expect(figures.date("2026-12-01")).toContain("2026");
});

test("pins in a territory that does not exist yet are not asked for", () => {
  const customers = ["a", "b"].map((id) => ({ id, name: id, tier: "C", isKey: false, value: 0, minutes: 0, years: null, lon: 0, lat: 0 }));
  const pins = new Map([[0, 0], [1, 1]]);
  expect(pinsOf({ customers, territories: places("North", "new") }, pins)).toEqual({ a: "North" });
});
