import type { Halt, Reply } from "../offline/outbox";
import type { Tap } from "../offline/tap";
import { sentenceOf, service, type TapAnswer } from "./client";

/** Sends one tap under its key. What is no answer of the service to this very tap leaves it waiting. */
export async function sendTap(tap: Tap): Promise<Reply> {
  try {
    const { data, error, response } = await post(tap);
    if (data !== undefined) return { kind: "accepted", answer: data, kept: (data as TapAnswer).settled === "kept" };
    const why = haltAt(response.status);
    return why ? { kind: "later", why } : { kind: "refused", detail: sentenceOf(error) };
  } catch {
    return { kind: "later", why: "offline" };
  }
}

/** Statuses that say nothing about the tap itself. */
function haltAt(status: number): Halt | null {
  if (status === 401) return "signed-out";
  return status === 408 || status === 429 || status >= 500 ? "unwell" : null;
}

function post(tap: Tap) {
  const params = { path: { visit_id: tap.visit }, header: { "idempotency-key": tap.key } };
  const { outcome = "", note = "", reason = "", minutes = 15 } = tap.body;
  const { at } = tap;
  switch (tap.kind) {
    case "arrive":
      return service.POST("/api/v1/visits/{visit_id}/arrive", { params, body: { at } });
    case "complete":
      return service.POST("/api/v1/visits/{visit_id}/complete", { params, body: { outcome, note, at } });
    case "no-show":
      return service.POST("/api/v1/visits/{visit_id}/no-show", { params, body: { note, at } });
    case "cancel":
      return service.POST("/api/v1/visits/{visit_id}/cancel", { params, body: { reason } });
    case "skip":
      return service.POST("/api/v1/visits/{visit_id}/skip", { params, body: { reason } });
    case "late":
      return service.POST("/api/v1/visits/{visit_id}/late", { params, body: { minutes } });
  }
}
