import type { Division, Kind, Wish } from "./model";

export type Assignments = ReadonlyMap<number, number>;

/** What was done to get from one step to the next. */
export type Deed =
  | { kind: "begin" }
  | { kind: "move"; customers: readonly number[]; to: number }
  | { kind: "pin" | "unpin"; customers: readonly number[] }
  | { kind: "wish" };

/** One state of the manager's own version, begun from a proposal. Its division has no digest until it is judged. */
export interface Step {
  base: Kind;
  division: Division;
  /** Held where they are, whatever is proposed next; what is moved by hand is held too. */
  pins: Assignments;
  wish: Wish;
  deed: Deed;
}

/** The manager's own version with everything that led to it, to go back and forth in. */
export class History {
  constructor(
    readonly steps: readonly Step[] = [],
    readonly at = -1,
  ) {}

  /** What was done, in short: how many steps stand. */
  get length(): number {
    return this.at + 1;
  }

  get step(): Step | null {
    return this.steps[this.at] ?? null;
  }

  get canUndo(): boolean {
    return this.at >= 0;
  }

  get canRedo(): boolean {
    return this.at < this.steps.length - 1;
  }

  /** With one step more; what was undone is gone. */
  then(step: Step): History {
    const kept = this.steps.slice(0, this.at + 1);
    return new History([...kept, step], kept.length);
  }

  /** With a step as the service judged it; the same history when the step is no longer in it. */
  replaced(step: Step, judged: Step): History {
    const place = this.steps.indexOf(step);
    return place < 0 ? this : new History(this.steps.with(place, judged), this.at);
  }

  /** Without a step that the service refused, and what followed it. */
  without(step: Step): History {
    const place = this.steps.indexOf(step);
    return place < 0 ? this : new History(this.steps.slice(0, place), Math.min(this.at, place - 1));
  }

  undo(): History {
    return this.canUndo ? new History(this.steps, this.at - 1) : this;
  }

  redo(): History {
    return this.canRedo ? new History(this.steps, this.at + 1) : this;
  }
}

/** The division with customers given to another territory, its figures as they were: what shows until it is judged. */
export function withOwners(division: Division, moves: Assignments): Division {
  const owners = division.owners.slice();
  for (const [customer, territory] of moves) owners[customer] = territory;
  return { ...division, owners };
}
