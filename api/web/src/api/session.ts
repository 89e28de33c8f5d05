import { service, speakWith } from "./client";

const NAME = "token";

/** Speaks as whoever signed in by a token in this tab. */
export function resumeSession(): void {
  speakWith(sessionStorage.getItem(NAME));
}

/** Signed in by a cookie, or by this token for as long as the tab is open. */
export function beginSession(token: string | null): void {
  speakWith(token);
  if (token) sessionStorage.setItem(NAME, token);
}

/** Signs out and clears this tab. */
export async function endSession(): Promise<void> {
  await service.DELETE("/api/v1/sessions/current").catch(() => undefined);
  sessionStorage.clear();
  speakWith(null);
  location.reload();
}
