import { en, type Messages } from "./en";
import { messages, TAGS, type Language } from "./languages";

/** The language of the page: `words` are its messages. Components follow a change at once. */
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
    const format = new Intl.DateTimeFormat(TAGS[this.language], {
      weekday: "short",
      day: "numeric",
      month: "short",
      timeZone: "UTC",
    });
    return format.format(new Date(`${date}T12:00:00Z`));
  }

  /** A day with its year, such as “23 Nov 2026”. */
  longDay(date: string): string {
    const format = new Intl.DateTimeFormat(TAGS[this.language], { dateStyle: "medium", timeZone: "UTC" });
    return format.format(new Date(`${date}T12:00:00Z`));
  }

  /** The time of day of a moment on this phone. */
  time(moment: number | string): string {
    return new Date(moment).toLocaleTimeString(TAGS[this.language], { hour: "2-digit", minute: "2-digit", hour12: false });
  }

  kilometres(metres: number): string {
    const format = new Intl.NumberFormat(TAGS[this.language], { maximumFractionDigits: metres < 20_000 ? 1 : 0 });
    return this.words.kilometres(format.format(metres / 1000));
  }
}

export const speech = new Speech();
