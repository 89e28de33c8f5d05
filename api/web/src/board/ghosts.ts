import type { DayPlan, PlannedStop, ProposalAnswer } from "./types";

/** A stop that starts less than so many seconds earlier or later stays as it is. */
const SAME_S = 60;

/** A rep's row under a proposal: the day as it would become, the stops that come or shift, and those that leave. */
export interface Ghost {
  plan: DayPlan;
  coming: PlannedStop[];
  leaving: ReadonlySet<string>;
}

/** What a proposal would make of the rows of a date, by rep. */
export function ghostsOf(proposal: ProposalAnswer | null, date: string): ReadonlyMap<string, Ghost> {
  const ghosts = new Map<string, Ghost>();
  if (!proposal || proposal.state === "committed" || proposal.state === "discarded") return ghosts;
  const { moved, added, removed, retimed } = proposal.diff;
  const changed = new Set([...moved, ...added, ...retimed].map((one) => one.visit));
  const leaving = new Map<string, Set<string>>();
  const leave = (shift: string, visit: string): void => {
    leaving.set(shift, (leaving.get(shift) ?? new Set()).add(visit));
  };
  for (const one of [...moved, ...retimed]) leave(one.from.shift, one.visit);
  for (const one of removed) leave(one.place.shift, one.visit);
  for (const { shift, plan } of proposal.days) {
    if (plan.date !== date) continue;
    ghosts.set(plan.rep, {
      plan,
      coming: plan.stops.filter((stop) => changed.has(stop.visit)),
      leaving: leaving.get(shift) ?? new Set(),
    });
  }
  return ghosts;
}

/** A day as it is (none: no plan) and as it would become. */
export function ghostBetween(before: DayPlan | undefined, plan: DayPlan): Ghost {
  const old = new Map(before?.stops.map((stop) => [stop.visit, stop.start_s]));
  const stays = new Set(plan.stops.filter((stop) => Math.abs((old.get(stop.visit) ?? -Infinity) - stop.start_s) < SAME_S).map((stop) => stop.visit));
  return {
    plan,
    coming: plan.stops.filter((stop) => !stays.has(stop.visit)),
    leaving: new Set([...old.keys()].filter((visit) => !stays.has(visit))),
  };
}

/** Whether the plans that a proposal was worked out from have changed since. */
export function isOvertaken(proposal: ProposalAnswer | null, date: string, plans: ReadonlyMap<string, DayPlan>): boolean {
  if (proposal?.state !== "open") return false;
  return proposal.days.some(({ plan, version }) => plan.date === date && (plans.get(plan.rep)?.version ?? 0) !== version);
}
