import { sentenceOf, service } from "../api/client";
import { beginSession, endSession } from "../api/session";
import { SvelteSet } from "svelte/reactivity";
import { attentionOf } from "./attention";
import { mondayOf, secondsAt, isDuring, todayHere } from "./clock";
import { lookOf, type Look } from "./look";
import { followNews } from "./news";
import { frameOf } from "./scale";
import type { BoardDay, BoardHold, BoardRep, BoardTerritory, BoardWeek, DayPlan, EventOut, Me, PlannedStop, Unplanned } from "./types";

const TICK_MS = 15_000;
const COALESCE_MS = 120;
const TRAY_SOON_MS = 1_500;
const TRAY_SIZE = 150;
const NOBODY: readonly BoardRep[] = [];

/** What a stop is found by: where it stands. */
export interface Place {
  stop: PlannedStop;
  plan: DayPlan;
}

/** The board's day (or week) as the service has it, kept right by its events. What is chosen lives in `Selection`. */
export class Board {
  me = $state.raw<Me | null>(null);
  signedOut = $state(false);
  ready = $state(false);
  failure = $state("");
  listening = $state(false);
  date = $state(todayHere());
  zoom = $state<"day" | "week">("day");
  territory = $state<string | null>(null);
  now = $state(Date.now());

  allReps = $state.raw<readonly BoardRep[]>(NOBODY);
  allPlans = $state.raw<ReadonlyMap<string, DayPlan>>(new Map());
  holds = $state.raw<readonly BoardHold[]>([]);
  territories = $state.raw<readonly BoardTerritory[]>([]);
  lines = $state.raw<ReadonlyMap<string, number[][]>>(new Map());
  tray = $state.raw<Unplanned | null>(null);
  week = $state.raw<BoardWeek | null>(null);
  /** Shifts that a colleague has an open proposal about, by proposal. */
  others = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map());
  /** Reps whose day somebody else has just changed. */
  readonly touched = new SvelteSet<string>();

  reps = $derived(this.territory ? this.allReps.filter((rep) => rep.territory === this.territory) : this.allReps);
  looks: ReadonlyMap<string, Look> = $derived(new Map(this.allReps.map((rep, index) => [rep.id, lookOf(index)])));
  plans: ReadonlyMap<string, DayPlan> = $derived(
    this.territory ? new Map(this.reps.flatMap((rep) => (this.allPlans.has(rep.id) ? [[rep.id, this.allPlans.get(rep.id) as DayPlan]] : []))) : this.allPlans,
  );
  frame = $derived(frameOf(this.reps, this.plans.values()));
  places: ReadonlyMap<string, Place> = $derived(
    new Map([...this.allPlans.values()].flatMap((plan) => plan.stops.map((stop) => [stop.visit, { stop, plan }] as const))),
  );
  unplanned = $derived((this.tray?.items ?? []).filter((one) => !this.territory || one.territory === this.territory));
  attention = $derived(attentionOf(this.reps, this.plans, this.unplanned, this.now));
  nowSeconds = $derived.by(() => {
    const rep = this.reps.find((one) => one.shift || this.plans.has(one.id));
    const seconds = rep ? secondsAt(rep, this.plans.get(rep.id), this.now) : null;
    return isDuring(seconds) ? seconds : null;
  });

  #skew = 0;
  #changed = new Set<string>();
  #everything = false;
  #wake: ReturnType<typeof setTimeout> | undefined;
  #traySoon: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<(event: EventOut) => void>();

  /** Who is signed in, then the day. */
  async open(): Promise<void> {
    try {
      const day = this.load(); // asked for at once: most who open the board may see it
      const { data, response } = await service.GET("/api/v1/me");
      this.signedOut = response.status === 401;
      if (data) this.me = data;
      await day;
    } catch {
      this.failure = "offline";
    }
    this.ready = true;
  }

  /** Signed in by a cookie or by this token. */
  async signedIn(token: string | null): Promise<void> {
    beginSession(token);
    await this.open();
  }

  signOut(): Promise<void> {
    return endSession();
  }

  /** Keeps the board right until the returned function is called. */
  follow(): () => void {
    const stop = new AbortController();
    const tick = setInterval(() => {
      this.now = Date.now() + this.#skew;
    }, TICK_MS);
    void followNews((event) => this.#hear(event), (listening) => {
      this.listening = listening;
      if (listening) this.#refetch(null); // what happened while nobody listened
    }, stop.signal);
    return () => {
      stop.abort();
      clearInterval(tick);
    };
  }

  onEvent(listener: (event: EventOut) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async show(date: string, zoom = this.zoom): Promise<void> {
    const same = date === this.date;
    this.date = date;
    this.zoom = zoom;
    const address = new URL(location.href);
    address.searchParams.set("date", date);
    history.replaceState(null, "", address);
    if (zoom === "week") await this.loadWeek();
    else if (!same || !this.allReps.length) await this.load();
  }

  /** The whole day; its drives and the tray follow on their own. */
  async load(): Promise<void> {
    const { date } = this;
    const { data, error, response } = await service.GET("/api/v1/board", { params: { query: { date } } });
    if (date !== this.date) return;
    if (response.status === 401) {
      this.signedOut = true;
      return;
    }
    if (!data) {
      this.failure = sentenceOf(error);
      return;
    }
    this.failure = "";
    this.#skew = Date.parse(data.now) - Date.now();
    this.now = Date.now() + this.#skew;
    this.allReps = data.reps;
    this.territories = data.territories;
    this.holds = data.holds;
    this.#take(data, null);
    performance.mark("board-loaded");
    void this.#loadLines(null);
    void this.loadTray();
  }

  async loadWeek(): Promise<void> {
    const { data } = await service.GET("/api/v1/board/week", { params: { query: { date: mondayOf(this.date), days: 7 } } });
    if (data) this.week = data;
  }

  async loadTray(): Promise<void> {
    const { date } = this;
    const { data } = await service.GET("/api/v1/board/unplanned", { params: { query: { date, limit: TRAY_SIZE } } });
    if (data && date === this.date) this.tray = data;
  }

  /** Plans that an answer already brought: shown at once, read again by the event that follows. */
  adopt(plans: readonly DayPlan[]): void {
    const fresh = new Map(this.allPlans);
    for (const plan of plans) {
      if (plan.date === this.date && plan.version > (fresh.get(plan.rep)?.version ?? 0)) fresh.set(plan.rep, plan);
    }
    this.allPlans = fresh;
  }

  async #loadLines(reps: readonly string[] | null): Promise<void> {
    const { date } = this;
    const { data } = await service.GET("/api/v1/board/lines", { params: { query: { date, ...(reps ? { rep: [...reps] } : {}) } } });
    if (!data || date !== this.date) return;
    const fresh = new Map(reps ? this.lines : []);
    for (const { properties, geometry } of data.lines) fresh.set(properties.rep, geometry.coordinates);
    this.lines = fresh;
  }

  /** Takes plans in; those that did not change stay the same objects, so that nothing is drawn for them. */
  #take(day: BoardDay, only: readonly string[] | null): void {
    const fresh = new Map(only ? this.allPlans : []);
    for (const rep of only ?? []) fresh.delete(rep);
    for (const plan of day.plans) {
      const former = this.allPlans.get(plan.rep);
      fresh.set(plan.rep, former && former.plan === plan.plan && former.version === plan.version ? former : plan);
    }
    this.allPlans = fresh;
  }

  #hear(event: EventOut): void {
    for (const listener of this.#listeners) listener(event);
    const mine = event.actor === this.me?.id;
    if (event.kind === "proposal.made" && !mine && event.payload["date"] === this.date) {
      this.others = new Map(this.others).set(event.subject, (event.payload["days"] as string[] | undefined) ?? []);
    } else if (event.kind.startsWith("proposal.") && this.others.has(event.subject)) {
      this.others = new Map([...this.others].filter(([name]) => name !== event.subject));
    }
    if (!/^(plan|visit|slot|rep|absence|run|proposal\.committed|customer)/.test(event.kind)) return;
    if (event.rep_id && !event.kind.startsWith("rep.")) {
      this.#refetch(event.rep_id);
      if (!mine) {
        const rep = event.rep_id;
        this.touched.add(rep);
        setTimeout(() => this.touched.delete(rep), 4_000);
      }
    } else if (event.kind !== "run.started") this.#refetch(null);
  }

  /** Reads one rep's day anew soon, or all of them; what comes in a row is one reading. */
  #refetch(rep: string | null): void {
    if (rep) this.#changed.add(rep);
    else this.#everything = true;
    this.#wake ??= setTimeout(() => void this.#readAgain(), COALESCE_MS);
  }

  async #readAgain(): Promise<void> {
    const reps = this.#everything ? null : [...this.#changed].sort();
    this.#changed.clear();
    this.#everything = false;
    const { date } = this;
    try {
      const { data } = await service.GET("/api/v1/board", { params: { query: { date, ...(reps ? { rep: reps } : {}) } } });
      if (data && date === this.date) this.#merge(data, reps);
    } catch {
      // the stream notices as well, and reads everything when it is back
    } finally {
      this.#wake = undefined;
      if (this.#everything || this.#changed.size) this.#wake = setTimeout(() => void this.#readAgain(), COALESCE_MS);
    }
  }

  #merge(data: BoardDay, reps: readonly string[] | null): void {
    const before = this.allPlans;
    this.#take(data, reps);
    const shown = new Map(data.reps.map((rep) => [rep.id, rep]));
    this.allReps = reps ? this.allReps.map((rep) => shown.get(rep.id) ?? rep) : data.reps;
    this.holds = reps ? [...this.holds.filter((hold) => !reps.includes(hold.rep)), ...data.holds] : data.holds;
    if (!reps) this.territories = data.territories;
    const redrawn = data.plans.filter((plan) => before.get(plan.rep) !== this.allPlans.get(plan.rep)).map((plan) => plan.rep);
    if (redrawn.length) void this.#loadLines(redrawn);
    if (this.zoom === "week") void this.loadWeek();
    clearTimeout(this.#traySoon);
    this.#traySoon = setTimeout(() => void this.loadTray(), TRAY_SOON_MS);
  }
}
