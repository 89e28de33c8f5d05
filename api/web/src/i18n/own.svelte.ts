import { speech } from "./language.svelte";
import type { Language } from "./languages";

/** The words that one page has for itself, beside those of all pages. */
export class OwnWords<Words> {
  words: Words;
  readonly #fetch: (language: Language) => Words | Promise<Words>;

  /** Begins with the words at hand; those of another language are fetched when it is spoken. */
  constructor(first: Words, fetch: (language: Language) => Words | Promise<Words>) {
    this.words = $state.raw(first);
    this.#fetch = fetch;
  }

  /** Speaks a language, on this screen from now on. */
  async speak(language: Language): Promise<void> {
    const [words] = await Promise.all([this.#fetch(language), speech.speak(language)]);
    this.words = words;
  }
}
