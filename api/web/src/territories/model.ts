/** What the page works with, whatever shape the service sends it in. Customers and territories go by their place in the list. */
import type { FeatureCollection, MultiPolygon, Polygon } from "geojson";

export interface Place {
  lon: number;
  lat: number;
}

export interface Customer extends Place {
  id: string;
  name: string;
  tier: string;
  isKey: boolean;
  /** Worth a month, in minutes of a rep's time. */
  value: number;
  /** Minutes of service a month. */
  minutes: number;
  years: number | null;
}

export interface Territory {
  id: string;
  name: string;
  /** Whether publishing would make it. */
  isNew: boolean;
  reps: number;
  homes: readonly Place[];
}

export interface Ground {
  customers: readonly Customer[];
  territories: readonly Territory[];
}

/** What one territory has to do and can do, minutes a month; `deviation` is how far it is from its fair share. */
export interface Load {
  minutes: number;
  capacity: number;
  travel: number;
  customers: number;
  deviation: number;
}

export interface HandOver {
  customer: number;
  from: number;
  to: number;
  /** Minutes a month that the move saves; below zero it costs. */
  saves: number;
  /** Minutes a month that a territory above its share is relieved of by one below. */
  relieves: number;
  /** Years that the customer has been with the present territory; null when nobody knows. */
  years: number | null;
  breaks: boolean;
  /** Whether it lies apart from the rest of its present territory. */
  joins: boolean;
}

/** A customer that lies apart from the rest of its territory. */
export interface Exception {
  customer: number;
  territory: number;
  held: boolean;
}

export type Parts = FeatureCollection<Polygon | MultiPolygon, { territory: number }>;

/** Who has whom, and what that means. */
export interface Division {
  /** Its name at the service, of the same owners always the same digest. */
  name: string;
  digest: string;
  /** Territory of each customer; -1 is nobody. */
  owners: Int16Array;
  loads: readonly Load[];
  /** How far the fullest or emptiest territory is from its share, 0.05 being 5 %. */
  spread: number;
  travel: number;
  moved: number;
  valueMoved: number;
  /** Relationships of more than two years that end. */
  broken: number;
  exceptions: readonly Exception[];
  exceptionCount: number;
  /** At most this far from the best possible, 0.03 being 3 %; null when nothing is proven. */
  gap: number | null;
  wish: Wish;
  /** What could not be met, in the service's words. */
  notes: readonly string[];
}

export const KINDS = ["as_now", "fewest_hand_overs", "balanced", "compact", "fairest"] as const;
export type Kind = (typeof KINDS)[number];
/** What a column of the comparison shows: one of the five, or what the manager made of one. */
export type Shown = Kind | "own";

export type StudyState = "queued" | "ready" | "failed" | "scheduled" | "published" | "rolled_back" | "discarded";

/** A question about territories, with what was answered and what became of it. */
export interface Study {
  id: string;
  name: string;
  state: StudyState;
  /** Why it failed, in one sentence. */
  message: string;
  version: number;
  mine: boolean;
  approvalsNeeded: number;
  approvals: readonly { alternative: string; isCurrent: boolean; mine: boolean }[];
  /** What was published of it, and from when on it holds. */
  alternative: string | null;
  effectiveFrom: string | null;
  /** Customers on no road, who stay where they are. */
  leftOut: number;
}

/** How well the hours of a division are told, by a month of it planned on real roads: mean and largest miss. */
export interface Simulated {
  error: number;
  worst: number;
  weeks: number;
}

/** A part of the map with what it could bring for an hour that a rep spends there. */
export interface Cell {
  ring: readonly Place[];
  middle: Place;
  /** Minutes of value for an hour of a rep. */
  potential: number;
  customers: number;
}

/** Where one more rep would live best; `saves` minutes of driving a month. */
export interface Home extends Place {
  near: string;
  saves: number;
}

export interface WhiteSpace {
  cells: readonly Cell[];
  homes: readonly Home[];
}

export interface Wish {
  tolerance: number;
  /** Minutes of drive; null is the usual price of this ground. */
  movePrice: number | null;
  compactness: number;
  mostMoved: number | null;
}

export const USUAL: Wish = { tolerance: 0.05, movePrice: null, compactness: 1, mostMoved: null };
export const NOBODY = -1;

/** Customers with a territory in one division and another in the other. */
export function differing(one: Division, other: Division): number[] {
  const found: number[] = [];
  one.owners.forEach((owner, customer) => {
    if (owner !== other.owners[customer]) found.push(customer);
  });
  return found;
}
