import type { PlannedStop, Why } from "../api/client";
import type { Messages } from "../i18n/en";
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
