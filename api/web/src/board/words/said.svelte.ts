import { OwnWords } from "../../i18n/own.svelte";
import { en, type BoardWords } from "./en";

/** The board's own words, in the language of the page. */
export const said = new OwnWords<BoardWords>(en, (language) => (language === "zh" ? import("./zh").then(({ zh }) => zh) : en));
