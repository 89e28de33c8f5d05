import type { Language } from "../i18n/languages";
import type { Navigator } from "../navigation/apps";

/** What a rep chose on this phone. */
export interface Settings {
  language: Language | null;
  navigator: Navigator | null;
  largeText: boolean;
  /** Whether the rep has answered the offer to install the page. */
  installAsked: boolean;
}

export const AT_FIRST: Settings = { language: null, navigator: null, largeText: false, installAsked: false };
