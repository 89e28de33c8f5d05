import type { BrokenRule } from "../api/client";
import type { Messages } from "../i18n/en";
import type { TapKind } from "../offline/tap";

/** A rule that a change would break, in words; `name` is the customer's, empty where it is about the whole day. */
export function brokenLine(words: Messages, rule: BrokenRule, name: string): string {
  const minutes = Math.ceil((rule.by_s ?? 0) / 60);
  switch (rule.kind) {
    case "window":
      return words.breaksWindow(name, minutes);
    case "promise":
      return words.breaksPromise(name);
    case "shift_end":
      return words.breaksEnd(minutes);
    case "break":
      return words.breaksBreak;
    case "skill":
      return words.breaksSkill(name);
    case "max_travel":
      return words.breaksDriving;
    default:
      return words.breaksOther(name);
  }
}

/** Why a tap changed nothing: how its visit stands instead. */
export function standsLine(words: Messages, stands: string): string {
  const found: Record<string, string> = {
    cancelled: words.standsCancelled,
    skipped: words.standsSkipped,
    done: words.standsDone,
    no_show: words.standsNoShow,
    arrived: words.standsArrived,
    suggested: words.standsElsewhere,
    planned: words.standsElsewhere,
    promised: words.standsElsewhere,
  };
  return found[stands] ?? "";
}

/** What came of a visit, in words where the page knows the code. */
export function outcomeWord(words: Messages, outcome: string): string {
  const found: Record<string, string> = {
    order: words.outcomeOrder,
    follow_up: words.outcomeFollowUp,
    informed: words.outcomeInformed,
    no_interest: words.outcomeNoInterest,
  };
  return found[outcome] ?? outcome;
}

export function tapWord(words: Messages, kind: TapKind): string {
  const found: Record<TapKind, string> = {
    arrive: words.tapArrive,
    complete: words.tapComplete,
    "no-show": words.tapNoShow,
    cancel: words.tapCancel,
    skip: words.tapSkip,
    late: words.tapLate,
  };
  return found[kind];
}
