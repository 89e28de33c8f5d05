import { TAGS, type Language } from "../i18n/languages";

/** Numbers as the language writes them. */
export class Figures {
  readonly #whole: Intl.NumberFormat;
  readonly #hours: Intl.NumberFormat;
  readonly #percent: Intl.NumberFormat;
  readonly #signed: Intl.NumberFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #list: Intl.ListFormat;

  constructor(language: Language) {
    const tag = TAGS[language];
    this.#whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
    this.#hours = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
    this.#percent = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 1 });
    this.#signed = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });
    this.#date = new Intl.DateTimeFormat(tag, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    this.#list = new Intl.ListFormat(language === "en" ? "en-GB" : tag); // no comma before the last
  }

  count(number: number): string {
    return this.#whole.format(number);
  }

  /** Hours of minutes: whole from ten hours on. */
  hours(minutes: number): string {
    const hours = minutes / 60;
    return (Math.abs(hours) >= 10 ? this.#whole : this.#hours).format(hours);
  }

  percent(share: number): string {
    return this.#percent.format(share);
  }

  /** With its sign, such as +6%. */
  signed(share: number): string {
    return this.#signed.format(share);
  }

  /** One after the other, such as a, b and c. */
  list(parts: readonly string[]): string {
    return this.#list.format(parts);
  }

  date(day: string): string {
    return this.#date.format(new Date(`${day.slice(0, 10)}T12:00:00Z`));
  }
}
