import { getContext, setContext } from "svelte";
import type { Board } from "./board.svelte";
import { stopBefore } from "./bars";
import { isDuring, secondsAt } from "./clock";
import type { Deciding } from "./deciding.svelte";
import type { Drafting } from "./drafting.svelte";
import type { Ghost } from "./ghosts";
import type { Selection } from "./selection.svelte";
import type { DayPlan } from "./types";

/** A visit or a due customer that is on its way to a rep. */
export interface Moving {
  visit: string | null;
  customer: string;
  name: string;
}

/** What every part of the board works with, and the acts that several parts offer. */
export class Desk {
  moving = $state.raw<Moving | null>(null);
  printing = $state<string | null>(null);

  constructor(
    readonly board: Board,
    readonly selection: Selection,
    readonly deciding: Deciding,
    readonly drafting: Drafting,
  ) {}

  /** What the rows and the map show beside the plans: an open proposal, else the draft that is looked at. */
  get ghosts(): ReadonlyMap<string, Ghost> {
    return this.#drafts ? this.drafting.ghosts : this.deciding.ghosts;
  }

  get ghostLines(): ReadonlyMap<string, number[][]> {
    return this.#drafts ? this.drafting.lines : this.deciding.lines;
  }

  get #drafts(): boolean {
    return this.selection.panel?.kind === "run";
  }

  /** Puts a visit, or a due customer without one, on a rep's day at about a time. */
  async drop(what: Moving, rep: string, seconds: number): Promise<void> {
    const { date } = this.board;
    const after = stopBefore(this.board.allPlans.get(rep), seconds, what.visit);
    await this.assign(what, rep, date, after);
  }

  async assign(what: Moving, rep: string, date: string, after: string | null): Promise<void> {
    const subject = what.visit ? { visit: what.visit } : { customer: what.customer };
    await this.deciding.move({ type: "assign", ...subject, rep, date, ...(after ? { after } : {}) });
  }

  /** The whole rest of a rep's day goes to colleagues, to later days, or to nobody. */
  async sick(rep: string): Promise<void> {
    await this.deciding.events([{ type: "absent", rep, from_s: this.secondsNow(rep) ?? 0 }]);
  }

  /** Seconds of the rep's day now; null on another day. */
  secondsNow(rep: string): number | null {
    const { board } = this;
    const row = board.allReps.find((one) => one.id === rep);
    const now_s = secondsAt(row, board.allPlans.get(rep), board.now);
    return isDuring(now_s) ? now_s : null;
  }

  shiftOf(plan: Pick<DayPlan, "rep" | "date">): string {
    return `${plan.rep}/${plan.date}`;
  }
}

const KEY = Symbol("desk");

export function giveDesk(desk: Desk): Desk {
  return setContext(KEY, desk);
}

export function useDesk(): Desk {
  return getContext<Desk>(KEY);
}
