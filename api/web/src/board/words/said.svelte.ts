import { speech } from "../../i18n/language.svelte";
import type { Language } from "../../i18n/languages";
import { en, type BoardWords } from "./en";

/** The board's own words, in the language of the page. */
class Said {
  words = $state.raw<BoardWords>(en);
}

export const said = new Said();

/** Speaks a language, on this screen from now on. */
export async function say(language: Language): Promise<void> {
  const [words] = await Promise.all([language === "zh" ? import("./zh").then(({ zh }) => zh) : en, speech.speak(language)]);
  said.words = words;
}
