import { speech } from "../../i18n/language.svelte";
import { OwnWords } from "../../i18n/own.svelte";
import { Figures } from "../figures";
import { en, type TerritoryWords } from "./en";

/** The page's own words and numbers, in the language of the page. */
class Said extends OwnWords<TerritoryWords> {
  figures = $derived(new Figures(speech.language));
}

export const said = new Said(en, (language) => (language === "zh" ? import("./zh").then(({ zh }) => zh) : en));
