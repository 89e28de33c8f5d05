import { service } from "../api/client";
import type { components } from "../api/schema";
import type { Step } from "./draft";
import type { Division, Ground, Wish } from "./model";
import { answered, divisionOf, readAlternative, Refused, wishBody } from "./office";

type Stored = components["schemas"]["AlternativeOut"];
const DRAFT = "draft";
const WHAT_IF = "what_if";
const STALE = 412;

/**
 * Keeps the service's one draft of a study in step with the history of the page.
 *
 * A step forward is one request; where the page went back and on another way, the draft is made anew from the proposal
 * that the version was begun from. Requests go one after the other.
 */
export class Drafting {
  #version: number | null = null;
  /** The step that the stored draft is, and the one it was before its last change. */
  #at: Step | null = null;
  #before: Step | null = null;
  #keptDigest = "";
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly study: string,
    readonly ground: Ground,
    stored: { version: number; step: Step } | null = null,
  ) {
    if (stored?.step.division.name === DRAFT) [this.#version, this.#at] = [stored.version, stored.step];
    else if (stored) this.#keptDigest = stored.step.division.digest;
  }

  /** What a step by hand leads to. */
  judge(start: Step, step: Step): Promise<Division> {
    return this.#inTurn(async () => {
      await this.#bring(start);
      const { deed } = step;
      if (deed.kind === "move") await this.#change({ customers: this.#ids(deed.customers), to: this.#territory(deed.to), pin: true });
      else if (deed.kind === "pin" || deed.kind === "unpin") await this.#change({ customers: this.#ids(deed.customers), pin: deed.kind === "pin" });
      this.#before = start;
      const found = divisionOf(this.ground, await readAlternative(this.study, DRAFT));
      return found;
    });
  }

  /** Tells which step a judged division has become, so that the next one goes on from it. */
  stands(step: Step): void {
    this.#at = step;
  }

  /** What other wishes lead to; what is pinned in the version stays. */
  whatIf(wish: Wish, start: Step): Promise<Division> {
    return this.#inTurn(async () => {
      if (start.pins.size) await this.#bring(start);
      const params = { path: { proposal_id: this.study } };
      const body = { ...wishBody(wish), from_draft: start.pins.size > 0, keep: true };
      const found = answered(await service.POST("/api/v1/territory-proposals/{proposal_id}/what-if", { params, body }));
      this.#keptDigest = found.figures.digest;
      return divisionOf(this.ground, found);
    });
  }

  /** The name under which the service has a step. */
  stored(step: Step): Promise<string> {
    return this.#inTurn(async () => {
      if (step.division.name === WHAT_IF && step.division.digest === this.#keptDigest) return WHAT_IF;
      await this.#bring(step);
      return DRAFT;
    });
  }

  /** Takes the last change of the draft back where that is what the page went back over. */
  undone(from: Step, to: Step | null): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#at !== from || !to || this.#before !== to) return;
      const params = { path: { proposal_id: this.study }, header: { "if-match": this.#match } };
      const stored = answered(await service.POST("/api/v1/territory-proposals/{proposal_id}/draft/undo", { params }));
      [this.#version, this.#at, this.#before] = [stored.version, to, null];
    });
  }

  get #match(): string {
    return `"${this.#version ?? 0}"`;
  }

  #ids(customers: readonly number[]): string[] {
    return customers.flatMap((one) => this.ground.customers[one]?.id ?? []);
  }

  #territory(index: number): string {
    return this.ground.territories[index]?.id ?? "";
  }

  /** Makes the draft what a step is. */
  async #bring(step: Step): Promise<void> {
    if (this.#at === step) return;
    const isKept = step.division.name === WHAT_IF && step.division.digest === this.#keptDigest;
    const begun = await this.#begin(isKept ? WHAT_IF : step.base);
    const moved = new Map<number, number[]>();
    step.division.owners.forEach((owner, customer) => {
      if (owner !== begun.owners[customer]) moved.set(owner, [...(moved.get(owner) ?? []), customer]);
    });
    for (const [owner, customers] of moved) await this.#change({ customers: this.#ids(customers), to: this.#territory(owner) });
    if (step.pins.size) await this.#change({ customers: this.#ids([...step.pins.keys()]), pin: true });
    this.#at = step;
    this.#before = null;
  }

  async #begin(from: string): Promise<Stored> {
    const header = this.#version === null ? {} : { "if-match": this.#match };
    const params = { path: { proposal_id: this.study }, header };
    const stored = answered(await service.POST("/api/v1/territory-proposals/{proposal_id}/draft", { params, body: { from } }));
    this.#version = stored.version;
    return stored;
  }

  async #change(body: { customers: string[]; to?: string; pin?: boolean }): Promise<void> {
    const params = { path: { proposal_id: this.study }, header: { "if-match": this.#match } };
    const stored = answered(await service.PATCH("/api/v1/territory-proposals/{proposal_id}/draft", { params, body }));
    this.#version = stored.version;
    this.#at = null;
  }

  /** One after the other. A draft that somebody else changed meanwhile is made anew the next time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(async (error: unknown) => {
      this.#at = this.#before = null;
      if (error instanceof Refused && error.status === STALE) this.#version = (await readAlternative(this.study, DRAFT)).version;
    });
    return turn;
  }
}
