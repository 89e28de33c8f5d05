import type { Database } from "./database";
import type { NewTap, Tap, TapBody } from "./tap";

/** What became of sending one tap. */
export type Reply =
  | { kind: "accepted"; answer: unknown; kept: boolean; stands: string }
  | { kind: "refused"; detail: string; stands: string }
  | { kind: "later"; why: Halt };

/** Why the queue stands still: no network, nobody signed in, the service is unwell, or a tap may yet be taken back. */
export type Halt = "offline" | "signed-out" | "unwell" | "held";

export interface Flushed {
  halt: Halt | null;
  /** When the next held tap may go, ms; null without one. */
  wakeAt: number | null;
}

export interface OutboxParts {
  database: Database;
  send: (tap: Tap) => Promise<Reply>;
  onAccepted?: (tap: Tap, answer: unknown) => void | Promise<void>;
  onChange?: () => void;
  now?: () => number;
  /** Runs work while no other tab of this page does; the Web Locks of the browser by default. */
  alone?: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * The queue of taps: written before anything is sent, sent in order, each removed only once the service has answered.
 *
 * A tap that is sent twice (the phone died between answer and removal) counts once by its key. What the service
 * refuses stays, with its words, until the rep has read it, and holds up nothing behind it.
 */
export class Outbox {
  readonly #parts: Required<OutboxParts>;

  constructor(parts: OutboxParts) {
    this.#parts = { onAccepted: () => {}, onChange: () => {}, now: Date.now, alone: aloneByLock, ...parts };
  }

  /** Queues a tap; it survives a reload from the moment this resolves. */
  async add(fresh: NewTap): Promise<Tap> {
    const tap = {
      ...fresh,
      key: crypto.randomUUID(),
      at: fresh.at ?? new Date(this.#parts.now()).toISOString(),
      state: "waiting" as const,
      refusal: "",
      stands: "",
    };
    const seq = await this.#parts.database.add("taps", tap);
    this.#parts.onChange();
    return { ...tap, seq };
  }

  /** All taps of a person, oldest first. */
  async all(person: string): Promise<Tap[]> {
    const taps = (await this.#parts.database.getAll("taps")) as Tap[];
    return taps.filter((tap) => tap.person === person);
  }

  /** Takes back a tap that is not sent yet; false when it is too late. */
  async withdraw(seq: number): Promise<boolean> {
    return this.#parts.alone(async () => {
      const tap = await this.#parts.database.get("taps", seq);
      if (tap?.state !== "waiting") return false;
      await this.#parts.database.delete("taps", seq);
      this.#parts.onChange();
      return true;
    });
  }

  /** Adds to a tap what was found out after it; nothing where it is sent already. */
  async amend(seq: number, body: TapBody): Promise<void> {
    const changing = this.#parts.database.transaction("taps", "readwrite");
    const tap = await changing.store.get(seq);
    if (tap?.state === "waiting") await changing.store.put({ ...tap, body: { ...tap.body, ...body } });
    await changing.done;
  }

  /** The rep has read what became of a refused or kept tap. */
  async settle(seq: number): Promise<void> {
    const tap = await this.#parts.database.get("taps", seq);
    if (!tap || tap.state === "waiting") return;
    await this.#parts.database.delete("taps", seq);
    this.#parts.onChange();
  }

  /** Sends a person's waiting taps in order, as far as it gets. */
  flush(person: string): Promise<Flushed> {
    return this.#parts.alone(async () => {
      const { database, now } = this.#parts;
      for (const tap of await this.all(person)) {
        if (tap.state !== "waiting") continue;
        if (tap.heldUntil > now()) return { halt: "held", wakeAt: tap.heldUntil };
        const reply = await this.#parts.send(tap);
        if (reply.kind === "later") return { halt: reply.why, wakeAt: null };
        const { stands } = reply;
        if (reply.kind === "refused") await database.put("taps", { ...tap, state: "refused", refusal: reply.detail, stands });
        else if (reply.kept) await database.put("taps", { ...tap, state: "kept", stands });
        else await database.delete("taps", tap.seq);
        if (reply.kind === "accepted") await this.#parts.onAccepted(tap, reply.answer);
        this.#parts.onChange();
      }
      return { halt: null, wakeAt: null };
    });
  }
}

function aloneByLock<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks need a secure context; over plain http a phone has one page, and keys make a double send harmless
  return navigator.locks ? (navigator.locks.request("beatplan-outbox", work) as Promise<T>) : work();
}
