import { en, type Messages } from "./en";
import { messages, TAGS, type Language } from "./languages";

/**
 * The language of the page: `words` are its messages. Components follow a change at once.
 *
 * What a first screen shows is written without Intl, whose data costs a slow phone a quarter of a second at its first use.
 */
class Speech {
  language = $state<Language>("en");
  words = $state.raw<Messages>(en);

  async speak(language: Language): Promise<void> {
    this.words = await messages(language);
    this.language = language;
    document.documentElement.lang = TAGS[language];
  }

  /** A day such as “Mon 23 Nov”. */
  day(date: string): string {
    const noon = new Date(`${date}T12:00:00Z`);
    return this.words.dayName(noon.getUTCDay(), noon.getUTCDate(), noon.getUTCMonth());
  }

  /** A day with its year, such as “23 Nov 2026”. */
  longDay(date: string): string {
    const tag = this.language === "en" ? "en-GB" : TAGS[this.language]; // the day before the month, as in day()
    const format = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeZone: "UTC" });
    return format.format(new Date(`${date}T12:00:00Z`));
  }

  /** The time of day of a moment on this phone. */
  time(moment: number | string): string {
    const [hours, minutes] = [new Date(moment).getHours(), new Date(moment).getMinutes()];
    return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
  }

  kilometres(metres: number): string {
    return this.words.kilometres(Number((metres / 1000).toFixed(metres < 20_000 ? 1 : 0)));
  }
}

export const speech = new Speech();
