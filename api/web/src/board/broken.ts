import type { BrokenRule } from "../api/client";
import type { ProposalAnswer } from "./types";
import type { BoardWords } from "./words/en";

/** The rules that a move would break, in words: a line each, with the customer's or the rep's name. */
export function brokenLines(words: BoardWords, proposal: ProposalAnswer): string[] {
  return [...new Set(proposal.broken.map((rule) => brokenLine(words, proposal, rule)))];
}

function brokenLine(words: BoardWords, proposal: ProposalAnswer, rule: BrokenRule): string {
  const minutes = Math.max(1, Math.ceil((rule.by_s ?? 0) / 60));
  const plans = proposal.days.map((day) => day.plan);
  const customer = plans.flatMap((plan) => plan.stops).find((stop) => stop.visit === rule.visit)?.name ?? "";
  const rep = plans.find((plan) => rule.shift?.startsWith(`${plan.rep}/`))?.rep_name ?? "";
  switch (rule.kind) {
    case "window":
      return words.broken.window(customer, minutes);
    case "promise":
      return words.broken.promise(customer);
    case "shift_end":
      return words.broken.end(rep, minutes);
    case "break":
      return words.broken.pause(rep);
    case "skill":
      return words.broken.skill(customer);
    case "max_travel":
      return words.broken.driving(rep);
    default:
      return words.broken.other(customer || rep);
  }
}
