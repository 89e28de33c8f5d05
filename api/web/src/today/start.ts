import type { Database } from "../offline/database";
import { openDatabase } from "../offline/open";
import { askedDate, recallOpening, type Opening } from "./opening";

/** What is under way before the page's program is there: this small one stands in the page itself. */
export interface Start {
  date: string | null;
  database: Promise<Database>;
  opening: Promise<Opening>;
  /** Answers of the service by path; each is taken once. */
  answers: Map<string, Promise<Response>>;
}

/** Style sheets whose content stands in the page. */
declare const __INLINED_SHEETS__: readonly string[];

declare global {
  var beatplan: Start | undefined;
}

const ME = "/api/v1/me";
const PATIENCE_MS = 20_000;
const date = askedDate();
const database = openDatabase();
const opening = database.then((one) => recallOpening(one, date));
const answers: Start["answers"] = new Map();

globalThis.beatplan = { date, database, opening, answers };
// links that are disabled are not fetched; parts that load later take from them that these styles are there
for (const href of typeof __INLINED_SHEETS__ === "object" ? __INLINED_SHEETS__ : []) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", disabled: true, href }));
}
// without a worker nothing is kept yet, most likely: the service is asked while the program is still on its way
if (!navigator.serviceWorker?.controller) void askEarly().catch(() => undefined);

async function askEarly(): Promise<void> {
  const { rep_id } = (await (await ask(ME)).json()) as { rep_id?: string };
  if (rep_id) await ask(`/api/v1/reps/${rep_id}/plans/${date ?? "today"}`);
}

function ask(path: string): Promise<Response> {
  const asked = fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const copy = asked.then((reply) => reply.clone());
  copy.catch(() => undefined); // whoever takes it hears of the failure
  answers.set(path, copy);
  return asked;
}
