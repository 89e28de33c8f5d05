import type { Figures } from "./figures";
import type { HandOver, Territory } from "./model";
import type { TerritoryWords } from "./words/en";

/** Why a customer changes hands and what that breaks: "saves 38 min a month and breaks a 4-year relationship". */
export function reasonOf(one: HandOver, territories: readonly Territory[], words: TerritoryWords, figures: Figures): string {
  const parts: string[] = [];
  const [saves, relieves] = [Math.round(one.saves), Math.round(one.relieves)];
  const from = territories[one.from]?.name ?? "";
  if (one.from < 0) parts.push(words.nobodys);
  if (saves > 0) parts.push(words.saves(figures.count(saves)));
  else if (saves < 0) parts.push(words.costs(figures.count(-saves)));
  if (relieves > 0) parts.push(words.relieves(figures.count(relieves), from, territories[one.to]?.name ?? ""));
  if (one.joins) parts.push(words.joins(from));
  if (one.breaks && one.years !== null) parts.push(words.breaks(figures.count(Math.round(one.years))));
  return words.moving(parts.length ? figures.list(parts) : words.evens);
}
