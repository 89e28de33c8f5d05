import { service, type DayPlan } from "../api/client";

type Line = number[][];

/** The day's drive along the roads; straight lines between the stops where the roads cannot be asked. */
export async function lineOf(plan: DayPlan): Promise<Line> {
  try {
    const { data } = await service.GET("/api/v1/reps/{rep_id}/plans/{date}/line", {
      params: { path: { rep_id: plan.rep, date: plan.date } },
    });
    if (data) return data.geometry.coordinates;
  } catch {
    // no network: the straight lines below
  }
  return straightLine(plan);
}

/** From home by every stop to home. */
export function straightLine(plan: DayPlan): Line {
  return [plan.start, ...plan.stops, plan.end].map(({ lon, lat }) => [lon, lat]);
}
