import type { DayPlan, PlannedStop, ProposalAnswer } from "./types";

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

/** Whether the plans that a proposal was worked out from have changed since. */
export function isOvertaken(proposal: ProposalAnswer | null, date: string, plans: ReadonlyMap<string, DayPlan>): boolean {
  if (proposal?.state !== "open") return false;
  return proposal.days.some(({ plan, version }) => plan.date === date && (plans.get(plan.rep)?.version ?? 0) !== version);
}
