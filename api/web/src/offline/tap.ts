/** One tap of the rep, as it waits on the phone until the service has it. */

export type TapKind = "arrive" | "complete" | "no-show" | "cancel" | "skip" | "late";

export interface TapBody {
  outcome?: string;
  note?: string;
  reason?: string;
  minutes?: number;
}

export interface NewTap {
  /** Whose tap it is; another person who signs in on this phone does not send it. */
  person: string;
  visit: string;
  /** The customer's name, for the words in which a conflict is told. */
  name: string;
  kind: TapKind;
  body: TapBody;
  /** The version of the plan that the rep saw. */
  version: number;
  /** Until this moment (ms) the tap can be taken back and is not sent; 0: at once. */
  heldUntil: number;
}

export interface Tap extends NewTap {
  /** Place in the queue. */
  seq: number;
  /** Idempotency-Key: however often the tap is sent, it counts once. */
  key: string;
  /** When it was tapped, ISO 8601. */
  at: string;
  /** `refused` and `kept` wait for the rep to read them; a kept one stands in the visit's history and changed nothing. */
  state: "waiting" | "refused" | "kept";
  /** What the service said of a refused tap. */
  refusal: string;
}
