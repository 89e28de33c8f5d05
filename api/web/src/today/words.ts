import type { BrokenRule, PlannedStop, Why } from "../api/client";
import type { Messages } from "../i18n/en";
import type { TapKind } from "../offline/tap";
import { clock, type ShownState } from "./day";

type Span = PlannedStop["windows"][number];

/** Why a stop is worth driving to, in one line. */
export function whyLine(words: Messages, why: Why): string {
  const tier = why.tier || "–";
  if (why.cause === "appointment") return words.whyAppointment;
  if (why.cause === "fill_in") return words.whyFillIn(tier);
  if (why.cause === "import") return words.whyImport(tier);
  if (why.days_since == null) return words.whyNever(tier);
  const over = why.days_over ?? 0;
  if (over > 0) return words.whyOverdue(tier, over);
  return over === 0 ? words.whyToday(tier) : words.whySoon(tier, -over);
}

/** How much a reason presses. */
export function whyKind(why: Why): "plain" | "warn" | "accent" {
  if (why.cause === "appointment") return "accent";
  return (why.days_over ?? 0) > 0 ? "warn" : "plain";
}

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

export function spanText(span: Span): string {
  return `${clock(span.start)}–${clock(span.end)}`;
}

/** When a stop may begin: its promise, else its hours of the day. */
export function windowLine(words: Messages, stop: PlannedStop): string {
  if (stop.promise) return words.promised(spanText(stop.promise));
  return stop.windows.length ? words.open(stop.windows.map(spanText).join(", ")) : words.openAllDay;
}

export function stateWord(words: Messages, state: ShownState): string {
  const found: Record<ShownState, string> = {
    open: words.stateOpen,
    arrived: words.stateArrived,
    done: words.stateDone,
    no_show: words.stateNoShow,
    cancelled: words.stateCancelled,
  };
  return found[state];
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
