import { service, speakWith, type CancelAnswer, type DayPlan, type Me, type NoShowAnswer, type VisitOut } from "../api/client";
import { sendTap } from "../api/sending";
import { forget, forgetDays, keep, recall, type Database } from "../offline/database";
import { fetchDay, forgetOldDays, keepDay, keptDay, refreshDays, type KeptDay } from "../offline/days";
import { Outbox, type Halt } from "../offline/outbox";
import type { NewTap, Tap } from "../offline/tap";
import { watchWorker } from "../offline/worker.svelte";
import { changesBetween, nextStop, progress, shownStops, weekFrom, type Changes } from "./day";
import { todayAt, type Opening, type Whereabouts } from "./opening";
import { painted } from "./painted";
import type { PositionRules } from "./privacy";
import { AT_FIRST, type Settings } from "./settings";

/** The time in which a cancelled visit can be taken back. */
export const UNDO_MS = 10_000;
const STALE_MS = 24 * 3600_000;
const LOOK_AGAIN_MS = 60_000;
const SOON_MS = 2_000;
/** Taps that say where the rep is, if the rep lets them. */
const ON_THE_SPOT = new Set(["arrive", "complete", "no-show"]);

/** Everything the phone page shows and does. One per page; starts with what the phone keeps, then asks the service. */
export class Today {
  me = $state.raw<Me | null>(null);
  /** The chosen date; null is today. */
  date = $state<string | null>(null);
  plan = $state.raw<DayPlan | null>(null);
  fetchedAt = $state<number | null>(null);
  taps = $state.raw<Tap[]>([]);
  halt = $state<Halt | null>(null);
  signedOut = $state(false);
  /** Whether the first answer, from the phone or the service, is there. */
  ready = $state(false);
  /** Whether the service said that there is no plan. */
  noPlan = $state(false);
  repaired = $state.raw<CancelAnswer | null>(null);
  changes = $state.raw<Changes | null>(null);
  settings = $state.raw<Settings>(AT_FIRST);
  positions = $state.raw<PositionRules | null>(null);

  stops = $derived(this.plan ? shownStops(this.plan, this.taps) : []);
  next = $derived(nextStop(this.stops));
  progress = $derived(progress(this.stops));
  waiting = $derived(this.taps.filter((tap) => tap.state === "waiting"));
  unsettled = $derived(this.taps.filter((tap) => tap.state !== "waiting"));
  held = $derived(this.waiting.find((tap) => tap.heldUntil > 0) ?? null);

  readonly #database: Database;
  readonly #outbox: Outbox;
  #etag = "";
  #wake: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #packed = "";

  /** Shows what the phone keeps; asks nothing of the network. `date` is the chosen one. */
  constructor(database: Database, { token, settings, positions, me, taps, day }: Opening, date: string | null) {
    speakWith(token);
    Object.assign(this, { date, positions, me, taps, settings: { ...AT_FIRST, ...settings } });
    if (day) this.#take(day);
    this.#database = database;
    this.#outbox = new Outbox({
      database,
      send: sendTap,
      onAccepted: (tap, answer) => this.#accepted(tap, answer),
      onChange: () => void this.#recount(),
    });
  }

  /** Keeps the day and the queue up to date for as long as the page is open. */
  follow(): () => void {
    const look = (): void => {
      if (document.visibilityState === "visible") void this.refresh();
    };
    addEventListener("online", look);
    addEventListener("offline", this.#noticeOffline);
    document.addEventListener("visibilitychange", look);
    const timer = setInterval(look, LOOK_AGAIN_MS);
    let listening = new AbortController();
    const listen = (): void => {
      listening.abort();
      listening = new AbortController();
      const { signal } = listening;
      if (document.visibilityState === "visible") void later().then(({ followEvents }) => followEvents(look, signal));
    };
    document.addEventListener("visibilitychange", listen);
    void this.#begin().then(listen);
    return () => {
      listening.abort();
      document.removeEventListener("visibilitychange", listen);
      removeEventListener("online", look);
      removeEventListener("offline", this.#noticeOffline);
      document.removeEventListener("visibilitychange", look);
      clearInterval(timer);
    };
  }

  /** The list that the phone keeps comes first, then the service, then what the page needs another time. */
  async #begin(): Promise<void> {
    if (this.plan) await painted();
    await this.refresh();
    await painted();
    document.querySelector("link[rel=icon]")?.setAttribute("href", "/icons/beatplan.svg"); // drawing it is work too
    watchWorker();
  }

  /** Sends what waits, then asks for the day anew. */
  async refresh(): Promise<void> {
    if (await this.#identify()) {
      await this.flush();
      await this.#fetchDay();
    }
    this.#tryAgainLater();
  }

  /** What could not be sent is tried again soon, then less and less often, whatever the browser says of the network. */
  #tryAgainLater(): void {
    clearTimeout(this.#retry);
    if (!this.waiting.length || (this.halt !== "offline" && this.halt !== "unwell")) {
      this.#failures = 0;
      return;
    }
    this.#retry = setTimeout(() => void this.refresh(), Math.min(LOOK_AGAIN_MS, SOON_MS * 2 ** this.#failures));
    this.#failures += 1;
  }

  async choose(date: string | null): Promise<void> {
    Object.assign(this, { date, plan: null, fetchedAt: null, changes: null, noPlan: false });
    this.#etag = "";
    await this.#recallDay();
    await this.refresh();
  }

  /** Notes a tap of the rep, made now or at the moment that it names; it is sent when there is a network. */
  async tap(what: Pick<NewTap, "visit" | "name" | "kind" | "body" | "at">, undoMs = 0): Promise<void> {
    if (!this.me) return;
    const heldUntil = undoMs ? Date.now() + undoMs : 0;
    const { seq } = await this.#outbox.add({ ...what, person: this.me.id, version: this.plan?.version ?? 0, heldUntil });
    await this.#recount();
    if (ON_THE_SPOT.has(what.kind) && !what.at && this.positions?.agreed) {
      const position = await (await later()).whereThisIs();
      if (position) await this.#outbox.amend(seq, { position });
    }
    void this.flush().then(() => this.#tryAgainLater());
  }

  async withdraw(tap: Tap): Promise<boolean> {
    return this.#outbox.withdraw(tap.seq);
  }

  async settle(tap: Tap): Promise<void> {
    await this.#outbox.settle(tap.seq);
  }

  /** Sends what waits, as far as it gets. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    if (!this.me) return;
    const { halt, wakeAt } = await this.#outbox.flush(this.me.id);
    if (halt === "signed-out") this.signedOut = true;
    this.halt = halt === "held" ? null : halt;
    clearTimeout(this.#wake);
    if (wakeAt !== null) this.#wake = setTimeout(() => void this.flush(), Math.max(0, wakeAt - Date.now()) + 50);
  }

  async change(settings: Partial<Settings>): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    await keep(this.#database, "settings", this.settings);
  }

  /** The rep is signed in, by a cookie or by this token. */
  async signedIn(token: string | null): Promise<void> {
    speakWith(token);
    if (token) await keep(this.#database, "token", token);
    this.signedOut = false;
    await this.refresh();
  }

  /** Ends the sign-in and clears this phone of everything that is this person's. */
  async signOut(): Promise<void> {
    await service.DELETE("/api/v1/sessions/current").catch(() => undefined);
    if (this.me) await forget(this.#database, this.me.id);
    if ("caches" in globalThis) await caches.delete("tiles");
    speakWith(null);
    const nothing = { me: null, plan: null, taps: [], changes: null, repaired: null, positions: null, settings: AT_FIRST };
    Object.assign(this, { ...nothing, signedOut: true });
    this.#etag = "";
  }

  /** Whether something has waited so long that the phone may lose it. */
  get waitsTooLong(): boolean {
    return this.waiting.some((tap) => Date.now() - Date.parse(tap.at) > STALE_MS);
  }

  /** A plan that came with an answer, shown at once. */
  async adopt(plan: DayPlan): Promise<void> {
    if (!this.plan || plan.date !== this.plan.date || plan.version < this.plan.version) return;
    await this.#show({ plan, etag: "", fetchedAt: Date.now() });
  }

  /** The date that it is where the rep works. */
  get todayThere(): string {
    return todayAt(this.plan ? { zone: this.plan.timezone, moment: this.plan.leave } : undefined);
  }

  /** Today and the six days after it as this phone keeps them, then, where there is a network, as they are. */
  async *week(): AsyncGenerator<(KeptDay | null)[]> {
    const rep = this.me?.rep_id;
    if (!rep) return;
    const dates = weekFrom(this.todayThere);
    yield await Promise.all(dates.map(async (date) => (await keptDay(this.#database, rep, date)) ?? null));
    yield await refreshDays(this.#database, rep, dates);
  }

  /** All earlier visits to a customer. */
  async history(customer: string): Promise<VisitOut[]> {
    return (await later()).historyOf(this.#database, customer);
  }

  /** Asks what the organisation keeps of positions and what this rep said to it. */
  async learnPositions(): Promise<void> {
    const rules = this.me?.rep_id ? await (await later()).positionRules(this.me.rep_id) : null;
    if (!rules) return;
    this.positions = rules;
    await keep(this.#database, "positions", rules);
  }

  async #accepted(tap: Tap, answer: unknown): Promise<void> {
    if (tap.kind === "arrive" || tap.kind === "complete") return;
    const told = tap.kind === "no-show" ? (answer as NoShowAnswer).repaired : (answer as CancelAnswer);
    if (told?.plan) await this.adopt(told.plan);
    if (told?.diff) this.repaired = told;
  }

  /** Who is signed in, as the service or, without a network, as this phone knows it. */
  async #identify(): Promise<boolean> {
    try {
      const { data, response } = await service.GET("/api/v1/me");
      if (data) {
        if (this.me && this.me.id !== data.id) {
          // somebody else signed in on this phone: nothing of the one before is shown to them
          await forgetDays(this.#database);
          this.plan = null;
        }
        this.me = data;
        this.signedOut = false;
        await keep(this.#database, "me", data);
        await this.#recount();
        if (!this.plan) await this.#recallDay();
        this.halt = null;
        return data.rep_id !== null;
      }
      if (response.status === 401) this.signedOut = true;
      this.halt = response.status === 401 ? "signed-out" : "unwell";
    } catch {
      this.halt = "offline";
    }
    this.ready = true;
    return false;
  }

  async #recallDay(): Promise<void> {
    const rep = this.me?.rep_id;
    if (!rep) return;
    const last = await recall<Whereabouts>(this.#database, "whereabouts");
    const kept = await keptDay(this.#database, rep, this.date ?? todayAt(last));
    if (kept && !this.plan) this.#take(kept);
  }

  async #fetchDay(): Promise<void> {
    const rep = this.me?.rep_id;
    if (!rep) return;
    const asked = this.date;
    const fetched = await fetchDay(rep, asked ?? "today", this.#etag);
    if (asked !== this.date) return;
    this.ready = true;
    if (fetched.kind === "offline") this.halt = "offline";
    else if (fetched.kind === "same") this.fetchedAt = Date.now();
    else if (fetched.kind === "none") {
      this.noPlan = true;
      this.plan = null;
    } else if (fetched.kind === "new") {
      const before = this.plan;
      await this.#show(fetched.day);
      const { plan } = fetched.day;
      if (before && before.date === plan.date && before.version < plan.version) this.#tellChanges(before, plan);
    }
  }

  #tellChanges(before: DayPlan, after: DayPlan): void {
    const calledOffHere = new Set(this.taps.filter((tap) => tap.kind === "cancel" || tap.kind === "skip").map((tap) => tap.visit));
    this.changes = changesBetween(before, after, calledOffHere) ?? this.changes;
  }

  #take({ plan, etag, fetchedAt }: KeptDay): void {
    Object.assign(this, { plan, fetchedAt, noPlan: false, ready: true });
    this.#etag = etag;
  }

  async #show(day: KeptDay): Promise<void> {
    this.#take(day);
    await keepDay(this.#database, day);
    whenIdle(() => void this.#pack(day.plan).catch(() => undefined));
  }

  /** Keeps what belongs to a day for the phone without a network: its map, what was before, the rules. */
  async #pack(plan: DayPlan): Promise<void> {
    const content = `${plan.date} ${plan.stops.map((stop) => stop.visit).join(" ")}`;
    if (content === this.#packed) return;
    this.#packed = content;
    const { keepHistory, keepPack } = await later();
    await keepPack(plan);
    await keepHistory(this.#database, plan);
    await this.learnPositions();
    await forgetOldDays(this.#database, this.todayThere);
  }

  async #recount(): Promise<void> {
    const found = this.me ? await this.#outbox.all(this.me.id) : [];
    if (found.length || this.taps.length) this.taps = found;
  }

  readonly #noticeOffline = (): void => {
    this.halt = "offline";
  };
}

function later(): Promise<typeof import("./later")> {
  return import("./later");
}

/** Safari has no idle callback. */
function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(work, { timeout: 10_000 });
  else setTimeout(work, 3_000);
}
