import { LANGUAGES, preferred, type Language } from "./languages";

const NAME = "language";

/** The language that was chosen in this browser, else the first of the browser's that is spoken here. */
export function chosenLanguage(): Language {
  const kept = localStorage.getItem(NAME);
  return LANGUAGES.find((one) => one === kept) ?? preferred(navigator.languages);
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(NAME, language);
}
