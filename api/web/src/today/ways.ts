import type { components } from "../api/schema";

/** How people sign in here; `none`: the service does not answer. */
export type Ways =
  | { kind: "password"; provider: components["schemas"]["ProviderShown"] | null }
  | { kind: "token" | "none" };

const SESSIONS = "/api/v1/sessions";

export async function findWays(): Promise<Ways> {
  try {
    const reply = await fetch(`${SESSIONS}/ways`);
    if (!reply.ok) return { kind: "token" };
    const { provider } = (await reply.json()) as components["schemas"]["SignInWays"];
    return { kind: "password", provider };
  } catch {
    return { kind: "none" };
  }
}

/** Signs this browser in, into a cookie; whether it worked. */
export async function enter(path: "" | "/link", body: Record<string, string>): Promise<boolean> {
  const reply = await fetch(SESSIONS + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, cookie: true }),
  });
  return reply.ok;
}

/** The code of a sign-in link, given whole or alone. */
export function codeOf(text: string): string {
  return text.trim().split("#").at(-1) ?? "";
}
