import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "../src/territories/words/en";
import { zh } from "../src/territories/words/zh";

type Words = { [name: string]: unknown };
const SOURCES = join(import.meta.dirname, "..", "src", "territories");

/** Every message by its path, as it is said. */
function said(words: Words, path = ""): [string, string][] {
  return Object.entries(words).flatMap(([name, word]): [string, string][] => {
    const key = path ? `${path}.${name}` : name;
    if (typeof word === "object" && word !== null) return said(word as Words, key);
    return [[key, typeof word === "function" ? String(word(7, 7, 7)) : String(word)]];
  });
}

test("both languages have every message of the territories, in their own script", () => {
  const [english, chinese] = [said(en), said(zh)];
  expect(chinese.map(([key]) => key).sort()).toEqual(english.map(([key]) => key).sort());
  for (const [key, text] of chinese) expect(text, key).toMatch(/[\u4e00-\u9fff]/);
  for (const [key, text] of english) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/);
});

test("no message of the territories is without use", () => {
  const text = readdirSync(SOURCES)
    .filter((name) => /\.(svelte|ts)$/.test(name))
    .map((name) => readFileSync(join(SOURCES, name), "utf8"))
    .join("\n");
  expect(Object.keys(en).filter((name) => !new RegExp(`\\b(w|words)\\.${name}\\b`).test(text))).toEqual([]);
});
