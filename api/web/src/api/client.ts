import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type BrokenRule = Schemas["Violation"];
export type CancelAnswer = Schemas["CancelAnswer"];
export type DayPlan = Schemas["DayPlan"];
export type Explanation = Schemas["Explanation"];
export type FillIn = Schemas["FillIn"];
export type Me = Schemas["Me"];
export type NoShowAnswer = Schemas["NoShowAnswer"];
export type PlannedStop = Schemas["PlannedStop"];
export type ProposalAnswer = Schemas["ProposalAnswer"];
export type TapAnswer = Schemas["TapAnswer"];
export type VisitOut = Schemas["VisitOut"];
export type Why = Schemas["Why"];

/** A patient answer takes this long; a phone without a network is told sooner by the browser. */
const PATIENCE_MS = 20_000;

let token: string | null = null;

/** The token to speak with where no cookie does it. */
export function speakWith(given: string | null): void {
  token = given;
}

/** The headers that sign a request in; none where a cookie does it. */
export function signedIn(): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

export const service = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "", // none where tests run
  fetch: (request: Request) => takeEarly(request) ?? fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) }),
});
service.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(signedIn())) request.headers.set(name, value);
    return request;
  },
});

/** The answer that was asked for before this program was there. */
function takeEarly({ method, url }: Request): Promise<Response> | undefined {
  const answers = globalThis.beatplan?.answers;
  if (!answers || method !== "GET" || token) return undefined;
  const path = url.slice(location.origin.length);
  const found = answers.get(path);
  answers.delete(path);
  return found;
}

/** The sentence of a problem document. */
export function sentenceOf(error: unknown): string {
  const detail = (error as { detail?: unknown } | undefined)?.detail;
  return typeof detail === "string" ? detail : "";
}
