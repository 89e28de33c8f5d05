import { minutes } from "./clock";
import { said } from "./words/said.svelte";

/** So many seconds as 45 min or 1:05 h, in the page's language. */
export function duration(seconds: number): string {
  const whole = minutes(Math.abs(seconds));
  return whole < 60 ? said.words.inMinutes(whole) : said.words.inHours(Math.floor(whole / 60), String(whole % 60).padStart(2, "0"));
}

/** A difference with its sign: +14 min, −1:05 h, ±0 min. */
export function difference(seconds: number): string {
  const whole = minutes(seconds);
  return `${whole > 0 ? "+" : whole < 0 ? "−" : "±"}${duration(seconds)}`;
}
