import { en, type Messages } from "./en";

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself. */
export const NAMES: Record<Language, string> = { en: "English", zh: "简体中文" };

/** The language tag for `lang` attributes, dates and the service. */
export const TAGS: Record<Language, string> = { en: "en", zh: "zh-Hans" };

/** The messages of a language; English is always at hand, the others come in files of their own. */
export async function messages(language: Language): Promise<Messages> {
  return language === "zh" ? (await import("./zh")).zh : en;
}

/** The first of the browser's languages that is spoken here. */
export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return "en";
}
