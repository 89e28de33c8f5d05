import { expect, test } from "vitest";
import { addressOf, makeCalls } from "../src/api/calls";

const BASE = "http://service.example";

function answering(status: number, text: string) {
  const sent: Request[] = [];
  const calls = makeCalls(BASE, async (request) => {
    sent.push(request);
    return new Response(status === 204 ? null : text, { status });
  });
  return { calls, sent };
}

test("parts of a path are written safely, what is null is left out, lists name their key again", () => {
  const path = addressOf("/reps/{rep}/plans/{date}", { path: { rep: "a/b", date: "2026-11-23" }, query: { x: null, y: [1, 2], z: "ä b" } });
  expect(path).toBe("/reps/a%2Fb/plans/2026-11-23?y=1&y=2&z=%C3%A4+b");
  expect(addressOf("/me", {})).toBe("/me");
});

test("a body goes as JSON with the headers of the call", async () => {
  const { calls, sent } = answering(200, '{"settled":"done"}');
  const params = { path: { visit_id: "v1" }, header: { "idempotency-key": "k" } };
  const { data, error } = await calls.POST("/api/v1/visits/{visit_id}/arrive", { params, body: { position: null } });
  expect([data, error]).toEqual([{ settled: "done" }, undefined]);
  const [request] = sent;
  expect([request?.method, request?.url]).toEqual(["POST", `${BASE}/api/v1/visits/v1/arrive`]);
  expect([request?.headers.get("idempotency-key"), request?.headers.get("content-type")]).toEqual(["k", "application/json"]);
  expect(await request?.json()).toEqual({ position: null });
});

test("a refusal is told as it came, an empty answer is nothing", async () => {
  const refused = await answering(409, '{"detail":"gone"}').calls.GET("/api/v1/me");
  expect([refused.data, refused.error, refused.response.status]).toEqual([undefined, { detail: "gone" }, 409]);
  const unwell = await answering(502, "<html>").calls.GET("/api/v1/me");
  expect(unwell.error).toBe("<html>");
  const ended = await answering(204, "").calls.DELETE("/api/v1/sessions/current");
  expect([ended.data, ended.error]).toEqual([undefined, undefined]);
});
