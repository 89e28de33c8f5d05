import { sentenceOf, service } from "../api/client";
import type { Board } from "./board.svelte";
import { ghostsOf, isOvertaken } from "./ghosts";
import type { Selection } from "./selection.svelte";
import type { DayPlan, Move, ProposalAnswer, ProposalEvent, ProposalRequest } from "./types";

const KEPT = "proposal";
const UNDO_MS = 30_000;

/** A plan in a version. */
type Version = Pick<DayPlan, "plan" | "version">;

/** The dispatcher's proposal: asked for, looked at, changed, committed or discarded; and the last change to take back. */
export class Deciding {
  proposal = $state.raw<ProposalAnswer | null>(null);
  lines = $state.raw<ReadonlyMap<string, number[][]>>(new Map());
  busy = $state(false);
  problem = $state("");
  /** Whether somebody was faster, and what is shown is a new proposal against the new state. */
  anew = $state(false);
  confirmed = $state(false);
  undoable = $state.raw<{ plan: Version; visits: number; days: number } | null>(null);
  told = $state("");

  ghosts = $derived.by(() => ghostsOf(this.proposal, this.#board.date));
  overtaken = $derived.by(() => isOvertaken(this.proposal, this.#board.date, this.#board.allPlans));

  readonly #board: Board;
  readonly #selection: Selection;
  #forget: ReturnType<typeof setTimeout> | undefined;

  constructor(board: Board, selection: Selection) {
    this.#board = board;
    this.#selection = selection;
  }

  /** The open proposal of this tab, if it was left. */
  async recall(): Promise<void> {
    const kept = sessionStorage.getItem(KEPT);
    if (!kept) return;
    const { data } = await service.GET("/api/v1/proposals/{proposal_id}", { params: { path: { proposal_id: kept } } });
    if (data?.state === "open") await this.#show(data as ProposalAnswer);
    else sessionStorage.removeItem(KEPT);
  }

  async events(events: ProposalEvent[], more: Partial<ProposalRequest> = {}): Promise<boolean> {
    return this.propose({ date: this.#board.date, events, ...more });
  }

  async move(move: Move): Promise<boolean> {
    return this.propose({ date: move.date && move.date < this.#board.date ? move.date : this.#board.date, move });
  }

  /** Works out what a request would change; the proposal before, unsent, is put away for it. */
  async propose(request: ProposalRequest): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = "";
    this.told = "";
    this.anew = false;
    this.#selection.show({ kind: "proposal" });
    try {
      const former = this.proposal;
      const { data, error } = await service.POST("/api/v1/proposals", { body: request });
      if (!data) {
        this.problem = sentenceOf(error);
        return false;
      }
      await this.#show(data as ProposalAnswer);
      if (former?.state === "open") void this.#putAway(former.id);
      return true;
    } catch {
      this.problem = "offline";
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** The same request against the day as it stands now. */
  async again(): Promise<void> {
    if (this.proposal) await this.propose(requestOf(this.proposal));
  }

  async commit(): Promise<boolean> {
    const { proposal } = this;
    if (!proposal || this.busy) return false;
    this.busy = true;
    this.problem = "";
    performance.mark("commit-asked");
    try {
      const { data, error, response } = await service.POST("/api/v1/proposals/{proposal_id}/commit", {
        params: { path: { proposal_id: proposal.id }, header: { "if-match": proposal.etag } },
        body: { confirm: this.confirmed },
      });
      if (data) {
        performance.mark("commit-answered");
        this.#board.adopt(data.plans);
        this.offerUndo(data.plans[0], countOf(proposal));
        this.#clear();
        this.#selection.drop();
        this.#selection.close();
        return true;
      }
      const fresh = response.headers.get("Location");
      if (response.status === 412 && fresh) await this.#showFresh(fresh);
      else this.problem = sentenceOf(error);
    } catch {
      this.problem = "offline";
    } finally {
      this.busy = false;
    }
    return false;
  }

  async discard(): Promise<void> {
    const { proposal } = this;
    this.#clear();
    this.problem = "";
    this.#selection.close();
    if (proposal) await this.#putAway(proposal.id);
  }

  /** Takes a plan's last change back. */
  async undo(plan: Version): Promise<void> {
    this.undoable = null;
    const { data, error } = await service.POST("/api/v1/plans/{plan_id}/undo", {
      params: { path: { plan_id: plan.plan }, header: { "if-match": `"${plan.version}"` } },
      body: {},
    });
    this.told = data ? "undone" : sentenceOf(error);
    if (data) await this.#board.load();
  }

  /** What a change outside of proposals (a promise, a booking) wrote. */
  wrote(plan: DayPlan): void {
    this.#board.adopt([plan]);
    this.offerUndo(plan, 1);
  }

  async #showFresh(address: string): Promise<void> {
    const id = address.split("/").at(-1) ?? "";
    const { data } = await service.GET("/api/v1/proposals/{proposal_id}", { params: { path: { proposal_id: id } } });
    await this.#board.load();
    if (data) await this.#show(data as ProposalAnswer);
    this.anew = true;
  }

  async #show(proposal: ProposalAnswer): Promise<void> {
    this.proposal = proposal;
    this.confirmed = false;
    this.lines = new Map();
    sessionStorage.setItem(KEPT, proposal.id);
    this.#selection.show({ kind: "proposal" });
    const { data } = await service.GET("/api/v1/proposals/{proposal_id}/lines", { params: { path: { proposal_id: proposal.id } } });
    if (!data || this.proposal?.id !== proposal.id) return;
    const today = data.lines.filter((line) => line.properties.date === this.#board.date);
    this.lines = new Map(today.map((line) => [line.properties.rep, line.geometry.coordinates]));
  }

  async #putAway(id: string): Promise<void> {
    await service.DELETE("/api/v1/proposals/{proposal_id}", { params: { path: { proposal_id: id } } }).catch(() => undefined);
  }

  /** Offers for a while to take back the change that wrote a plan: so many visits, or so many published rep-days. */
  offerUndo(plan: Version | undefined, visits: number, days = 0): void {
    if (!plan) return;
    this.undoable = { plan, visits, days };
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      this.undoable = null;
    }, UNDO_MS);
  }

  #clear(): void {
    this.proposal = null;
    this.lines = new Map();
    this.anew = false;
    sessionStorage.removeItem(KEPT);
  }
}

/** What was asked, to be asked again. */
export function requestOf(proposal: ProposalAnswer): ProposalRequest {
  const { date, events, move, anew, fill, reason } = proposal.request;
  return (move ? { date, move, reason } : { date, events, anew, fill, reason }) as ProposalRequest;
}

/** How many stops a proposal changes. */
export function countOf({ diff }: ProposalAnswer): number {
  return diff.moved.length + diff.added.length + diff.removed.length + diff.retimed.length;
}
