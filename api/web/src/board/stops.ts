import { wallTime } from "./clock";
import type { PlannedStop } from "./types";
import type { BoardWords } from "./words/en";

export type StopState = keyof BoardWords["states"];

export function stateOf(stop: PlannedStop): StopState {
  return stop.state as StopState;
}

/** Everything that a bar shows by its look, in words. */
export function describe(w: BoardWords, stop: PlannedStop, rep: string): string {
  const said = [`${wallTime(stop.start)} ${stop.name}`, rep];
  if (stop.state !== "planned" && stop.state !== "promised") said.push(w.states[stateOf(stop)] ?? stop.state);
  if (stop.promise) said.push(w.promisedBetween(wallTime(stop.promise.start), wallTime(stop.promise.end)));
  if (stop.pinned) said.push(w.locked);
  return said.join(", ");
}

/** The days' windows as text; empty: any time. */
export function opening(stop: PlannedStop): string {
  return stop.windows.map((span) => `${wallTime(span.start)}–${wallTime(span.end)}`).join(", ");
}
