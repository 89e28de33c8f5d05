import type { Me } from "../api/client";
import { dayName, type Database } from "../offline/database";
import type { KeptDay } from "../offline/days";
import type { Tap } from "../offline/tap";
import { dateIn } from "./day";
import type { PositionRules } from "./privacy";
import type { Settings } from "./settings";

/** What the phone keeps for the first screen. */
export interface Opening {
  token: string | null;
  settings: Partial<Settings>;
  positions: PositionRules | null;
  me: Me | null;
  /** This person's taps, oldest first. */
  taps: Tap[];
  day: KeptDay | null;
}

/** Where and when the last day was that this phone kept: its zone, and a moment written with the offset there. */
export interface Whereabouts {
  zone: string;
  moment: string;
}

/** The date that it is where the rep works, as far as this phone knows. */
export function todayAt(last: Whereabouts | undefined): string {
  return last ? dateIn(last.zone, last.moment) : dateIn(Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** Reads all of it at once; the day is that of `date`, or of today. */
export async function recallOpening(database: Database, date: string | null): Promise<Opening> {
  const reading = database.transaction(["kept", "taps"]);
  const kept = reading.objectStore("kept");
  const found = ["token", "settings", "positions", "me", "whereabouts"].map((name) => kept.get(name));
  const [token, settings, positions, me, last] = await Promise.all(found);
  const known = (me ?? null) as Me | null;
  const rep = known?.rep_id;
  const [taps, day] = await Promise.all([
    reading.objectStore("taps").getAll(),
    rep ? kept.get(dayName(rep, date ?? todayAt(last as Whereabouts | undefined))) : undefined,
  ]);
  return {
    token: (token ?? null) as string | null,
    settings: (settings ?? {}) as Partial<Settings>,
    positions: (positions ?? null) as PositionRules | null,
    me: known,
    taps: (taps as Tap[]).filter((tap) => tap.person === known?.id),
    day: (day ?? null) as KeptDay | null,
  };
}

/** The date that the address of the page asks for. */
export function askedDate(): string | null {
  const asked = new URLSearchParams(location.search).get("date");
  return asked && /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : null;
}
