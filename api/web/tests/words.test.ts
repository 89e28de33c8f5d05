import { expect, test } from "vitest";
import type { Why } from "../src/api/client";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { codeOf } from "../src/today/ways";
import { brokenLine, standsLine } from "../src/today/told";
import { whyKind, whyLine } from "../src/today/words";

const why = (more: Partial<Why>): Why => ({ cause: "cadence", tier: "A", value_s: 0, ...more });

test("why now, in one line", () => {
  expect(whyLine(en, why({ days_since: 20, days_over: 6 }))).toBe("A, 6 days overdue");
  expect(whyLine(zh, why({ days_since: 20, days_over: 6 }))).toBe("A 类，逾期 6 天");
  expect(whyLine(en, why({ days_since: 14, days_over: 0 }))).toBe("A, due today");
  expect(whyLine(en, why({}))).toBe("A, never visited yet");
});

test("how much a reason presses", () => {
  const kinds = [why({ days_over: 1 }), why({ days_over: 0 }), why({ cause: "appointment" })].map(whyKind);
  expect(kinds).toEqual(["warn", "plain", "accent"]);
});

test("every state that can stand against a tap has words", () => {
  for (const words of [en, zh]) {
    for (const state of ["cancelled", "skipped", "done", "no_show", "arrived", "planned", "promised", "suggested"]) {
      expect(standsLine(words, state), state).not.toBe("");
    }
    expect(standsLine(words, "")).toBe("");
  }
});

test("a rule that a change would break is told without seconds or ids", () => {
  const rule = { kind: "window", detail: "visit 'vis_1' starts at 60939", by_s: 2139 } as const;
  expect(brokenLine(en, rule, "Sauna Bar")).toBe("Sauna Bar would start 36 min too late for its hours.");
  expect(brokenLine(zh, { ...rule, kind: "shift_end" }, "")).toBe("当天会晚结束 36 分钟。");
  expect(brokenLine(en, { ...rule, kind: "unreachable" }, "Sauna Bar")).not.toContain("vis_1");
});

test("the code of a link, however it is given", () => {
  expect(codeOf(" https://plan.example/sign-in#P8-x_ ")).toBe("P8-x_");
  expect(codeOf("P8-x_")).toBe("P8-x_");
});
