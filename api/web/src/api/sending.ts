import type { Halt, Reply } from "../offline/outbox";
import type { Tap } from "../offline/tap";
import { sentenceOf, service, type TapAnswer } from "./client";

/** Sends one tap under its key. What is no answer of the service to this very tap leaves it waiting. */
export async function sendTap(tap: Tap): Promise<Reply> {
  try {
    const { data, error, response } = await post(tap);
    if (data !== undefined) {
      const { settled, state } = data as TapAnswer;
      return { kind: "accepted", answer: data, kept: settled === "kept", stands: state ?? "" };
    }
    const why = haltAt(response.status);
    if (why) return { kind: "later", why };
    return { kind: "refused", detail: sentenceOf(error), stands: await stateOf(tap.visit) };
  } catch {
    return { kind: "later", why: "offline" };
  }
}

/** Statuses that say nothing about the tap itself. */
function haltAt(status: number): Halt | null {
  if (status === 401) return "signed-out";
  return status === 408 || status === 429 || status >= 500 ? "unwell" : null;
}

/** How the visit of a refused tap stands; empty where it cannot be asked. */
async function stateOf(visit: string): Promise<string> {
  const asked = service.GET("/api/v1/visits/{visit_id}", { params: { path: { visit_id: visit } } });
  return asked.then(({ data }) => data?.state ?? "", () => "");
}

function post(tap: Tap) {
  const params = { path: { visit_id: tap.visit }, header: { "idempotency-key": tap.key } };
  const { outcome = "", note = "", reason = "", minutes = 15, position = null } = tap.body;
  const { at } = tap;
  // the rep chooses what to do with freed time
  const fill = false;
  switch (tap.kind) {
    case "arrive":
      return service.POST("/api/v1/visits/{visit_id}/arrive", { params, body: { at, position } });
    case "complete":
      return service.POST("/api/v1/visits/{visit_id}/complete", { params, body: { outcome, note, at, position } });
    case "no-show":
      return service.POST("/api/v1/visits/{visit_id}/no-show", { params, body: { note, at, position, fill } });
    case "cancel":
      return service.POST("/api/v1/visits/{visit_id}/cancel", { params, body: { reason, fill } });
    case "skip":
      return service.POST("/api/v1/visits/{visit_id}/skip", { params, body: { reason, fill } });
    case "late":
      return service.POST("/api/v1/visits/{visit_id}/late", { params, body: { minutes } });
  }
}
