import { speech } from "../../i18n/language.svelte";
import type { Language } from "../../i18n/languages";
import { Figures } from "../figures";
import { en, type TerritoryWords } from "./en";

/** The page's own words and numbers, in the language of the page. */
class Said {
  words = $state.raw<TerritoryWords>(en);
  figures = $derived(new Figures(speech.language));
}

export const said = new Said();

/** Speaks a language, on this screen from now on. */
export async function say(language: Language): Promise<void> {
  const [words] = await Promise.all([language === "zh" ? import("./zh").then(({ zh }) => zh) : en, speech.speak(language)]);
  said.words = words;
}
