import { service, type Me } from "../api/client";
import { beginSession, endSession } from "../api/session";
import { History, withOwners, type Deed, type Step } from "./draft";
import { Drafting } from "./drafting";
import { differing, KINDS, USUAL, type Division, type Ground, type HandOver, type Kind, type Parts, type Place, type Shown, type Simulated, type Study, type WhiteSpace, type Wish } from "./model";
import * as office from "./office";

const SETTLE_MS = 120;
const NOT_KNOWN: readonly HandOver[] = [];
type Tab = "territories" | "handovers" | "whatif" | "whitespace";
type Work = "opening" | "proposing" | "judging" | "publishing";

/** The manager's work: a study with its five proposals, an own version of one of them, and what is picked and looked at. */
export class Alignment {
  me = $state.raw<Me | null>(null);
  signedOut = $state(false);
  failure = $state("");
  busy = $state<Work | null>("opening");

  studies = $state.raw<readonly Study[]>([]);
  study = $state.raw<Study | null>(null);
  ground = $state.raw<Ground | null>(null);
  divisions = $state.raw<ReadonlyMap<Kind, Division>>(new Map());
  history = $state.raw(new History());
  wish = $state.raw<Wish>(USUAL);
  /** Parts of the map and hand-overs by digest, as they are asked for. */
  partsOf = $state.raw<ReadonlyMap<string, Parts>>(new Map());
  handOversOf = $state.raw<ReadonlyMap<string, readonly HandOver[]>>(new Map());
  simulatedOf = $state.raw<ReadonlyMap<string, Simulated>>(new Map());
  simulating = $state(false);
  whiteSpace = $state.raw<WhiteSpace | null>(null);

  shown = $state<Shown>("as_now");
  /** What the shown one is compared with. */
  other = $state<Shown | null>(null);
  /** Which of the two the map shows. */
  side = $state<"a" | "b">("a");
  tab = $state<Tab>("territories");
  heat = $state(false);
  territory = $state<number | null>(null);
  chosen = $state.raw<ReadonlySet<number>>(new Set());
  opened = $state<number | null>(null);
  lookAt = $state.raw<Place | null>(null);
  lassoing = $state(false);

  own: Step | null = $derived(this.history.step);
  now: Division | null = $derived(this.divisions.get("as_now") ?? null);
  a: Division | null = $derived(this.divisionOf(this.shown));
  b: Division | null = $derived(this.other ? this.divisionOf(this.other) : null);
  /** What the map and the lists show, and what they show it against. */
  division: Division | null = $derived(this.side === "b" && this.b ? this.b : this.a);
  before: Division | null = $derived(this.b ? (this.side === "b" ? this.a : this.b) : this.now);
  differing: ReadonlySet<number> = $derived(new Set(this.division && this.before ? differing(this.division, this.before) : []));
  pins: ReadonlyMap<number, number> = $derived(this.own?.pins ?? new Map<number, number>());
  parts: Parts | null = $derived(this.division ? (this.partsOf.get(this.division.digest) ?? null) : null);
  handOvers: readonly HandOver[] = $derived(this.division ? (this.handOversOf.get(this.division.digest) ?? NOT_KNOWN) : NOT_KNOWN);
  /** Minutes of drive that a move costs where nobody says otherwise. */
  usualPrice: number = $derived(this.divisions.get("balanced")?.wish.movePrice ?? 15);
  /** Whether the study can still be worked on. */
  isOpen: boolean = $derived(this.study?.state === "ready");

  #drafting: Drafting | null = null;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #under = 0;

  divisionOf(shown: Shown): Division | null {
    return shown === "own" ? (this.own?.division ?? null) : (this.divisions.get(shown) ?? null);
  }

  get isManager(): boolean {
    return this.me?.role === "manager" || this.me?.role === "admin";
  }

  async open(): Promise<void> {
    await this.#working("opening", async () => {
      const { data, response } = await service.GET("/api/v1/me");
      this.signedOut = response.status === 401;
      if (!data) return;
      this.me = data;
      if (!this.isManager) return;
      this.studies = await office.readStudies(data.id);
      const asked = new URLSearchParams(location.search).get("study");
      const first = this.studies.find((one) => one.id === asked) ?? this.studies.find((one) => one.state !== "discarded" && one.state !== "failed");
      if (first) await this.#load(first);
    });
  }

  async signedIn(token: string | null): Promise<void> {
    beginSession(token);
    await this.open();
  }

  signOut(): Promise<void> {
    return endSession();
  }

  /** Opens another study. */
  async openStudy(id: string): Promise<void> {
    const study = this.studies.find((one) => one.id === id);
    if (study) await this.#working("opening", () => this.#load(study));
  }

  /** Asks for five proposals anew; what is pinned in the own version stays where it is. */
  async propose(asked: office.Asked): Promise<void> {
    const pins = this.ground ? office.pinsOf(this.ground, this.pins) : {};
    await this.#working("proposing", async () => {
      const study = await office.propose({ ...asked, pins }, this.me?.id ?? "");
      this.studies = [study, ...this.studies];
      await this.#load(study);
    });
  }

  /** The same question with one more rep who lives there. */
  async proposeWith(home: Place, name: string): Promise<void> {
    this.heat = false;
    this.tab = "territories";
    await this.propose({ name, approvals: this.study?.approvalsNeeded ?? 0, add: { name, lon: home.lon, lat: home.lat } });
  }

  show(shown: Shown): void {
    if (!this.divisionOf(shown)) return;
    this.shown = shown;
    this.side = "a";
    if (this.other === shown) this.other = null;
    this.#complete();
  }

  compare(other: Shown | null): void {
    this.other = other === this.shown ? null : other;
    this.side = "a";
    this.#complete();
  }

  look(side: "a" | "b"): void {
    this.side = side;
    this.#complete();
  }

  choose(customers: Iterable<number>): void {
    this.chosen = new Set(customers);
    this.opened = null;
  }

  toggle(customer: number): void {
    const fresh = new Set(this.chosen);
    if (!fresh.delete(customer)) fresh.add(customer);
    this.chosen = fresh;
  }

  lookTo(place: Place): void {
    this.lookAt = { ...place };
  }

  /** Gives customers to a territory by hand; there they are pinned. */
  async move(customers: readonly number[], to: number): Promise<void> {
    const start = this.#start();
    const moved = customers.filter((one) => start?.division.owners[one] !== to);
    if (!start || !moved.length) return;
    const taken = new Map(moved.map((one) => [one, to]));
    await this.#step(start, {
      division: withOwners(start.division, taken),
      pins: new Map([...start.pins, ...taken]),
      deed: { kind: "move", customers: moved, to },
    });
  }

  /** Leaves a customer where it is today. */
  async keep(customer: number): Promise<void> {
    const home = this.now?.owners[customer];
    if (home !== undefined && home >= 0) await this.move([customer], home);
  }

  async pin(customers: readonly number[], isPinned: boolean): Promise<void> {
    const start = this.#start();
    if (!start) return;
    const pins = new Map(start.pins);
    for (const one of customers) {
      if (isPinned) pins.set(one, start.division.owners[one] as number);
      else pins.delete(one);
    }
    await this.#step(start, { division: start.division, pins, deed: { kind: isPinned ? "pin" : "unpin", customers } });
  }

  /** What if it were wished otherwise: asked when the slider rests. */
  want(wish: Wish): void {
    this.wish = wish;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#whatIf(wish), SETTLE_MS);
  }

  undo(): void {
    const { own } = this;
    this.history = this.history.undo();
    this.#afterStep();
    if (own) void this.#working("judging", async () => this.#drafting?.undone(own, this.own));
  }

  redo(): void {
    this.history = this.history.redo();
    this.#afterStep();
  }

  /** Plans a month of what is shown on real roads, to see whether its hours are true. */
  async simulate(): Promise<void> {
    this.simulating = true;
    await this.#onShown(async (study, name, division) => {
      this.simulatedOf = new Map(this.simulatedOf).set(division.digest, await office.simulate(study.id, name, division.digest));
    }, "judging");
    this.simulating = false;
  }

  async approve(): Promise<void> {
    await this.#onShown(async (study, name) => {
      await office.approve(study.id, name);
      await this.#refresh(study.id);
    });
  }

  async publish(from: string, jointVisitDays: number): Promise<void> {
    await this.#onShown(async (study, name) => {
      await office.publish(study, name, from, jointVisitDays);
      await this.#refresh(study.id);
    });
  }

  async rollBack(): Promise<void> {
    const { study } = this;
    if (!study) return;
    await this.#working("publishing", async () => {
      await office.rollBack(study);
      await this.#refresh(study.id);
    });
  }

  async lookForWhiteSpace(): Promise<void> {
    const { study } = this;
    if (this.whiteSpace || !study) return;
    await this.#working("judging", async () => {
      this.whiteSpace = await office.readWhiteSpace(study.id);
    });
  }

  async showHeat(isShown: boolean): Promise<void> {
    this.heat = isShown;
    if (isShown) await this.lookForWhiteSpace();
  }

  /** Takes in what the map and the lists need of what they show. */
  async completeShown(): Promise<void> {
    const { study, ground, division } = this;
    if (!study || !ground || !division?.digest) return;
    const { digest, name } = division;
    try {
      if (!this.partsOf.has(digest)) {
        const parts = await office.readParts(study.id, ground, name);
        this.partsOf = new Map(this.partsOf).set(digest, parts);
      }
      if (!this.handOversOf.has(digest)) {
        const found = await office.readHandOvers(study.id, ground, name);
        this.handOversOf = new Map(this.handOversOf).set(digest, found);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #complete(): void {
    void this.completeShown();
  }

  async #load(study: Study): Promise<void> {
    const ready = study.state === "queued" ? await office.untilReady(study, this.me?.id ?? "") : study;
    this.#put(ready);
    if (ready.state === "failed") throw new office.Refused(409, ready.message);
    const address = new URL(location.href);
    address.searchParams.set("study", ready.id);
    history.replaceState(null, "", address);
    const { ground, divisions, own: stored } = await office.readStudy(ready.id);
    const own = stored ? office.stepOf(ground, stored) : null;
    this.#drafting = new Drafting(ready.id, ground, stored && own ? { version: stored.version, step: own } : null);
    this.study = ready;
    this.ground = ground;
    this.divisions = divisions;
    this.partsOf = new Map();
    this.handOversOf = new Map();
    this.whiteSpace = null;
    this.chosen = new Set();
    this.opened = this.territory = this.other = null;
    this.history = own ? new History().then(own) : new History();
    this.wish = own?.wish ?? USUAL;
    const published = KINDS.find((kind) => kind === ready.alternative);
    this.shown = ready.alternative ? (published ?? (own ? "own" : "balanced")) : own ? "own" : "balanced";
    this.side = "a";
    this.#complete();
  }

  async #refresh(id: string): Promise<void> {
    this.#put(await office.readState(id, this.me?.id ?? ""));
  }

  #put(study: Study): void {
    this.studies = this.studies.map((one) => (one.id === study.id ? study : one));
    if (this.study?.id === study.id) this.study = study;
  }

  /** The step that a change begins from: the own version, or a fresh one of what is shown. */
  #start(): Step | null {
    if (this.shown === "own") return this.own;
    const division = this.divisions.get(this.shown);
    return division && this.isOpen ? { base: this.shown, division, pins: this.pins, wish: this.wish, deed: { kind: "begin" } } : null;
  }

  /** Shows a change at once, and its figures when the service has judged it; what it refuses is taken back. */
  async #step(start: Step, change: Pick<Step, "division" | "pins" | "deed">): Promise<void> {
    const drafting = this.#drafting;
    if (!drafting || !this.isOpen) return;
    const step: Step = { ...start, ...change, division: { ...change.division, digest: "" } };
    this.history = this.history.then(step);
    this.#afterStep();
    await this.#working("judging", async () => {
      try {
        const division = await drafting.judge(start, step);
        const judged = { ...step, division };
        this.history = this.history.replaced(step, judged);
        drafting.stands(judged);
        if (this.own === judged) this.#complete();
      } catch (error) {
        this.history = this.history.without(step);
        this.#afterStep();
        throw error;
      }
    });
  }

  #afterStep(): void {
    if (this.own) {
      this.wish = this.own.wish;
      this.show("own");
      return;
    }
    if (this.other === "own") this.other = null;
    if (this.shown === "own") this.show(this.history.steps[0]?.base ?? "as_now");
  }

  async #whatIf(wish: Wish): Promise<void> {
    const drafting = this.#drafting;
    const start = this.own ?? this.#start();
    if (!drafting || !start || !this.isOpen) return;
    const asked = (this.#asked += 1);
    await this.#working("judging", async () => {
      const division = await drafting.whatIf(wish, start);
      if (asked !== this.#asked) return; // a later wish is on its way
      const deed: Deed = { kind: "wish" };
      this.history = this.history.then({ ...start, division, wish, deed });
      this.#afterStep();
    });
  }

  /** Does something with what is shown, which the service then knows under a name. */
  async #onShown(work: (study: Study, name: string, division: Division) => Promise<void>, what: Work = "publishing"): Promise<void> {
    const { study, own, shown, a } = this;
    const drafting = this.#drafting;
    if (!study || !drafting || !a) return;
    await this.#working(what, async () => {
      const name = shown === "own" && own ? await drafting.stored(own) : shown;
      await work(study, name, a);
    });
  }

  #fail(error: unknown): void {
    if (error instanceof office.Refused && error.status === 401) this.signedOut = true;
    else this.failure = error instanceof office.Refused ? error.message : "offline";
  }

  async #working(what: Work, work: () => Promise<void>): Promise<void> {
    this.busy = what;
    this.failure = "";
    this.#under += 1;
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#under -= 1;
      if (!this.#under) this.busy = null;
    }
  }
}
