/** One tap of the rep, as it waits on the phone until the service has it. */

export type TapKind = "arrive" | "complete" | "no-show" | "cancel" | "skip" | "late";

export interface TapBody {
  outcome?: string;
  note?: string;
  reason?: string;
  minutes?: number;
  /** Where it was tapped, of reps who allow it. */
  position?: Position;
}

/** A place as the phone measured it, WGS-84 degrees; `accuracy_m` is how far it may be off. */
export interface Position {
  lon: number;
  lat: number;
  accuracy_m: number;
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
  /** When it was tapped, ISO 8601; now where it is not said. */
  at?: string;
  /** Until this moment (ms) the tap can be taken back and is not sent; 0: at once. */
  heldUntil: number;
}

export interface Tap extends NewTap {
  /** Place in the queue. */
  seq: number;
  /** Idempotency-Key: however often the tap is sent, it counts once. */
  key: string;
  at: string;
  /** `refused` and `kept` wait for the rep to read them; a kept one stands in the visit's history and changed nothing. */
  state: "waiting" | "refused" | "kept";
  /** What the service said of a refused tap. */
  refusal: string;
  /** The state that the visit has at the service instead, of a tap that changed nothing; empty: not known. */
  stands: string;
}
