import type { Client } from "openapi-fetch";
import type { paths } from "./schema";

type Named = Record<string, unknown>;
interface Asked {
  params?: { path?: Named; query?: Named; header?: Named };
  headers?: Record<string, string>;
  body?: unknown;
}

/** The calls of the service, each with its own types. */
export type Calls = Pick<Client<paths>, "GET" | "POST" | "PUT" | "PATCH" | "DELETE">;

/**
 * Calls by path template, as openapi-fetch has them and with its types.
 *
 * It does no more than this service asks for and weighs a quarter: the phone loads it before the first list.
 */
export function makeCalls(base: string, send: (request: Request) => Promise<Response>): Calls {
  const method = (name: string) => async (path: string, { params = {}, headers = {}, body }: Asked = {}) => {
    const sent = new Headers(headers);
    for (const [key, value] of given(params.header)) sent.set(key, value);
    if (body !== undefined) sent.set("Content-Type", "application/json");
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await send(new Request(base + addressOf(path, params), { method: name, headers: sent, ...content }));
    const text = await response.text();
    return response.ok ? { data: text ? JSON.parse(text) : undefined, response } : { error: read(text), response };
  };
  const names = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
  return Object.fromEntries(names.map((name) => [name, method(name)])) as unknown as Calls;
}

/** A path with its parts and its query filled in; what is null is left out, lists name their key again. */
export function addressOf(path: string, { path: parts = {}, query = {} }: NonNullable<Asked["params"]>): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parts[name])));
  const asked = new URLSearchParams(given(query)).toString();
  return asked ? `${filled}?${asked}` : filled;
}

function given(named: Named = {}): [string, string][] {
  return Object.entries(named).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((one): [string, string][] => (one == null ? [] : [[key, String(one)]])),
  );
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
