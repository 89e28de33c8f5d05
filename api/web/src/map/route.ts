import { signedIn, type DayPlan } from "../api/client";

type Line = [number, number][];

/** The day's drive along the roads; straight lines between the stops where the roads cannot be asked. */
export async function lineOf(plan: DayPlan): Promise<Line> {
  try {
    const reply = await fetch(`/api/v1/reps/${encodeURIComponent(plan.rep)}/plans/${plan.date}/line`, { headers: signedIn() });
    if (reply.ok) return ((await reply.json()) as { geometry: { coordinates: Line } }).geometry.coordinates;
  } catch {
    // no network: the straight lines below
  }
  return straightLine(plan);
}

/** From home by every stop to home. */
export function straightLine(plan: DayPlan): Line {
  return [plan.start, ...plan.stops, plan.end].map(({ lon, lat }) => [lon, lat]);
}
