import { sentenceOf, service, type DayPlan, type ProposalAnswer } from "../api/client";
import type { components } from "../api/schema";

type Move = components["schemas"]["ManualMove-Input"];

/** A change of the rep's own day, worked out and priced but not yet made; or the sentence why it cannot be. */
export type Priced = { proposal: ProposalAnswer; refusal: "" } | { proposal: null; refusal: string };

interface Place {
  lon: number;
  lat: number;
}

const METRES_PER_DEGREE = 111_320;

/** Works out what it would cost to put a customer into a day. */
export function priceAssign(plan: DayPlan, customer: string, after: string | null): Promise<Priced> {
  return price(plan, { type: "assign", rep: plan.rep, date: plan.date, customer, after });
}

/** Works out what it would change to take a visit out of a day. */
export function priceRemove(plan: DayPlan, visit: string): Promise<Priced> {
  return price(plan, { type: "remove", visit });
}

async function price(plan: DayPlan, move: Move): Promise<Priced> {
  const { data, error } = await service.POST("/api/v1/proposals", { body: { date: plan.date, move } });
  return data ? { proposal: data, refusal: "" } : { proposal: null, refusal: sentenceOf(error) };
}

/** The rep's new day, or the sentence why it stays as it is. */
export interface Done {
  plan: DayPlan | null;
  refusal: string;
}

/** Takes a suggested visit into a day. */
export async function takeFillIn(plan: DayPlan, visit: string): Promise<Done> {
  const { data, error } = await service.POST("/api/v1/reps/{rep_id}/plans/{date}/fill-ins", {
    params: { path: { rep_id: plan.rep, date: plan.date }, header: { "idempotency-key": crypto.randomUUID() } },
    body: { visit },
  });
  return data ? { plan: data.plan ?? null, refusal: "" } : { plan: null, refusal: sentenceOf(error) };
}

/** Makes a priced change. */
export async function commit(proposal: ProposalAnswer, rep: string): Promise<Done> {
  const { data, error } = await service.POST("/api/v1/proposals/{proposal_id}/commit", {
    params: { path: { proposal_id: proposal.id }, header: { "if-match": proposal.etag } },
    body: { confirm: proposal.broken.length > 0 },
  });
  if (!data) return { plan: null, refusal: sentenceOf(error) };
  return { plan: data.plans.find((plan) => plan.rep === rep) ?? null, refusal: "" };
}

/** The open stop after which a detour to a place is shortest as the crow flies; null: before all of them. */
export function nearestPlace(plan: DayPlan, here: Place): string | null {
  const open = plan.stops.filter((stop) => !stop.locked);
  const first = plan.stops.length - open.length;
  let best: string | null = plan.stops[first - 1]?.visit ?? null;
  let least = Number.POSITIVE_INFINITY;
  for (let index = first; index <= plan.stops.length; index += 1) {
    const from = plan.stops[index - 1] ?? plan.start;
    const to = plan.stops[index] ?? plan.end;
    const detour = distance(from, here) + distance(here, to) - distance(from, to);
    if (detour < least) {
      least = detour;
      best = plan.stops[index - 1]?.visit ?? null;
    }
  }
  return best;
}

function distance(a: Place, b: Place): number {
  const east = (a.lon - b.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot(east, a.lat - b.lat) * METRES_PER_DEGREE;
}
