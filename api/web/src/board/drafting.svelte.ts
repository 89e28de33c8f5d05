import { SvelteSet } from "svelte/reactivity";
import { sentenceOf, service } from "../api/client";
import type { Board } from "./board.svelte";
import type { Deciding } from "./deciding.svelte";
import { ghostBetween, type Ghost } from "./ghosts";
import type { DayPlan, DraftDay, DraftedRun, PlanRun, RunDrafts } from "./types";

const MOVING = new Set(["queued", "running"]);
const AGAIN_MS = 400;

/** What to plan. */
export interface Wanted {
  from: string;
  days: number;
  seconds: number;
  territories: readonly string[];
}

/** Planning days: a run, and what it drafted until somebody publishes or discards it. Nobody in the field sees a draft. */
export class Drafting {
  run = $state.raw<PlanRun | null>(null);
  curve = $state.raw<readonly number[]>([]);
  drafts = $state.raw<RunDrafts | null>(null);
  waiting = $state.raw<readonly DraftedRun[]>([]);
  plans = $state.raw<readonly DayPlan[]>([]);
  lines = $state.raw<ReadonlyMap<string, number[][]>>(new Map());
  shown = $state(true);
  busy = $state(false);
  problem = $state("");
  /** Whether something of the draft changed between looking and publishing, and what is shown is the new state. */
  anew = $state(false);
  published = $state(0);
  readonly chosen = new SvelteSet<string>();

  moving = $derived(this.run !== null && MOVING.has(this.run.status));
  ghosts: ReadonlyMap<string, Ghost> = $derived.by(() => {
    if (!this.shown || !this.drafts) return new Map();
    const { allPlans, date } = this.#board;
    const wanted = this.plans.filter((plan) => plan.date === date && this.chosen.has(shiftOf(plan)));
    return new Map(wanted.map((plan) => [plan.rep, ghostBetween(allPlans.get(plan.rep), plan)] as const));
  });

  readonly #board: Board;
  readonly #deciding: Deciding;
  #tag = "";
  #key = "";
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(board: Board, deciding: Deciding) {
    this.#board = board;
    this.#deciding = deciding;
  }

  /** What still waits, from this browser or another dispatcher's; a run of one's own that goes on. */
  async recall(): Promise<void> {
    const [runs, drafted] = await Promise.all([
      service.GET("/api/v1/plan-runs", { params: { query: { limit: 1 } } }),
      service.GET("/api/v1/plan-drafts"),
    ]);
    this.waiting = drafted.data?.items ?? [];
    if (this.run || this.drafts) return;
    const last = runs.data?.items[0];
    if (last && MOVING.has(last.status)) this.run = last;
    else if (this.waiting[0]?.actor === this.#board.me?.id && this.waiting[0]) await this.open(this.waiting[0].run);
  }

  async start({ from, days, seconds, territories }: Wanted): Promise<void> {
    this.#forget();
    const body = { from, days, seconds, publish: false, ...(territories.length ? { territories: [...territories] } : {}) };
    const { data, error } = await service.POST("/api/v1/plan-runs", { body });
    if (data) this.run = data;
    else this.problem = sentenceOf(error);
  }

  async look(): Promise<void> {
    if (!this.run) return;
    const { id } = this.run;
    const { data } = await service.GET("/api/v1/plan-runs/{run_id}", { params: { path: { run_id: id } } });
    if (!data || this.run?.id !== id) return;
    if (data.best_objective_s !== null && data.best_objective_s !== this.curve.at(-1)) this.curve = [...this.curve, data.best_objective_s];
    if (!MOVING.has(data.status)) await this.open(id);
    this.run = data;
  }

  async cancel(): Promise<void> {
    if (!this.run) return;
    const { data, error } = await service.DELETE("/api/v1/plan-runs/{run_id}", { params: { path: { run_id: this.run.id } } });
    if (data) this.run = data;
    else this.problem = sentenceOf(error);
  }

  /** Reads what waits of a run; everything that may be published is chosen the first time. */
  async open(run: string): Promise<void> {
    const { data, error, response } = await service.GET("/api/v1/plan-runs/{run_id}/drafts", { params: { path: { run_id: run } } });
    if (!data) {
      this.problem = sentenceOf(error);
      return;
    }
    const former = this.drafts?.run === run ? new Set(this.chosen) : null;
    this.drafts = data;
    this.#tag = response.headers.get("ETag") ?? "";
    this.chosen.clear();
    for (const day of data.days) if (this.mayChoose(day) && (!former || former.has(day.shift))) this.chosen.add(day.shift);
    await this.preview();
  }

  /** The drafted plans of the day on the board, for its rows and its map. */
  async preview(): Promise<void> {
    const [run, date] = [this.drafts?.run, this.#board.date];
    if (!run || !this.drafts?.days.some((day) => day.date === date)) {
      this.plans = [];
      this.lines = new Map();
      return;
    }
    const wanted = { params: { path: { run_id: run }, query: { date } } };
    const { data } = await service.GET("/api/v1/plan-runs/{run_id}/drafts/plans", wanted);
    if (!data || this.drafts?.run !== run || date !== this.#board.date) return;
    this.plans = data;
    const drawn = await service.GET("/api/v1/plan-runs/{run_id}/drafts/lines", wanted);
    if (drawn.data && this.plans === data) this.lines = new Map(drawn.data.lines.map((line) => [line.properties.rep, line.geometry.coordinates]));
  }

  /** Rep-days that must go with one, themselves included. */
  together(shift: string): ReadonlySet<string> {
    const days = new Map((this.drafts?.days ?? []).map((day) => [day.shift, day]));
    const found = new Set([shift]);
    for (const one of found) for (const other of days.get(one)?.goes_with ?? []) found.add(other);
    return found;
  }

  mayChoose(day: DraftDay): boolean {
    const stale = new Set((this.drafts?.days ?? []).filter((one) => one.stale).map((one) => one.shift));
    return ![...this.together(day.shift)].some((shift) => stale.has(shift));
  }

  /** Chooses rep-days with those that must go with them, or leaves them out with those that need them. */
  choose(days: readonly DraftDay[], wanted: boolean): void {
    const named = new Set(days.filter((day) => this.mayChoose(day)).map((day) => day.shift));
    if (wanted) {
      for (const shift of named) for (const one of this.together(shift)) this.chosen.add(one);
      return;
    }
    for (const shift of [...this.chosen]) if ([...this.together(shift)].some((one) => named.has(one))) this.chosen.delete(shift);
  }

  async publish(): Promise<void> {
    const { drafts } = this;
    if (!drafts || this.busy) return;
    this.busy = true;
    this.problem = "";
    this.anew = false;
    const days = drafts.days.filter((day) => this.chosen.has(day.shift)).map(({ rep, date }) => ({ rep, date }));
    const asked = `${this.#tag} ${days.map((day) => shiftOf(day)).join(" ")}`;
    if (!this.#key.startsWith(`${asked}#`)) this.#key = `${asked}#${crypto.randomUUID()}`;
    try {
      const { data, error, response } = await service.POST("/api/v1/plan-runs/{run_id}/publish", {
        params: { path: { run_id: drafts.run }, header: { "if-match": this.#tag, "Idempotency-Key": this.#key.split("#").at(-1) ?? "" } },
        body: { days },
      });
      if (data) {
        this.published = data.plans.length;
        const [first] = data.plans;
        if (first) this.#deciding.offerUndo(first, 0, data.plans.length);
        await Promise.all([this.#board.load(), this.open(drafts.run)]);
      } else {
        this.problem = sentenceOf(error);
        this.anew = response.status === 412 || response.status === 409;
        if (this.anew) await this.open(drafts.run);
      }
    } catch {
      this.problem = "offline";
    } finally {
      this.busy = false;
    }
  }

  async discard(): Promise<void> {
    const { drafts } = this;
    if (!drafts || this.busy) return;
    this.busy = true;
    try {
      const { error, response } = await service.DELETE("/api/v1/plan-runs/{run_id}/drafts", { params: { path: { run_id: drafts.run } } });
      if (!response.ok) {
        this.problem = sentenceOf(error);
        return;
      }
      this.#forget();
      this.run = null;
      await this.recall();
    } catch {
      this.problem = "offline";
    } finally {
      this.busy = false;
    }
  }

  /** Something happened on the days drafted: what may still be published is asked again. */
  hear(kind: string): void {
    if (!this.drafts?.days.length || this.busy || !/^(plan|visit|rep|absence|customer|run\.(published|discarded))/.test(kind)) return;
    const { run } = this.drafts;
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => {
      if (this.drafts?.run === run && !this.busy) void this.open(run);
    }, AGAIN_MS);
  }

  #forget(): void {
    this.drafts = null;
    this.plans = [];
    this.lines = new Map();
    this.curve = [];
    this.chosen.clear();
    this.problem = "";
    this.anew = false;
    this.published = 0;
  }
}

function shiftOf({ rep, date }: { rep: string; date: string }): string {
  return `${rep}/${date}`;
}
