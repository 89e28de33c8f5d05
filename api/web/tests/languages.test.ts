import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "../src/i18n/en";
import { preferred } from "../src/i18n/languages";
import { zh } from "../src/i18n/zh";

const SOURCES = join(import.meta.dirname, "..", "src");
const said = (word: unknown): string => (typeof word === "function" ? String(word(7, 7)) : String(word));

test("every language has every message, in its own words and script", () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const name of Object.keys(en) as (keyof typeof en)[]) {
    expect(said(zh[name]), name).toMatch(/[\u4e00-\u9fff©→]/);
    expect(said(en[name]), name).not.toMatch(/[\u4e00-\u9fff]/);
  }
});

test("a message takes the same number of values in every language", () => {
  for (const name of Object.keys(en) as (keyof typeof en)[]) {
    expect(typeof zh[name], name).toBe(typeof en[name]);
  }
});

test("no message is without use", () => {
  const text = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(svelte|ts)$/.test(name) && !name.startsWith("i18n/") && name !== "api/schema.ts")
    .concat("i18n/language.svelte.ts")
    .map((name) => readFileSync(join(SOURCES, name), "utf8"))
    .join("\n");
  const apps = new Set(["amap", "baidu", "google", "apple", "geo"]);
  const unused = Object.keys(en).filter((name) => !apps.has(name) && !text.includes(`words.${name}`));
  expect(unused).toEqual([]);
});

test("the browser's first language that is spoken here", () => {
  expect(preferred(["de-DE", "zh-CN", "en"])).toBe("zh");
  expect(preferred(["en-GB", "zh"])).toBe("en");
  expect(preferred(["fr"])).toBe("en");
});
