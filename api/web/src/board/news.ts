import { signedIn } from "../api/client";
import { linesOf, pause } from "../offline/live";
import type { EventOut } from "./types";

const AGAIN_MS = 1_000;

/** Tells of every event as it happens, and whether the stream stands, for as long as `signal` lets it. */
export async function followNews(onEvent: (event: EventOut) => void, onState: (listening: boolean) => void, signal: AbortSignal): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    try {
      const headers = { ...signedIn(), Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const reply = await fetch("/api/v1/events", { headers, signal, cache: "no-store" });
      if (reply.ok && reply.body) {
        onState(true);
        for await (const line of linesOf(reply.body)) {
          if (line.startsWith("id:")) last = line.slice(3).trim();
          if (line.startsWith("data:")) onEvent(JSON.parse(line.slice(5)) as EventOut);
        }
      }
    } catch {
      // no network, or the page is closed
    }
    if (signal.aborted) return;
    onState(false);
    await pause(AGAIN_MS, signal);
  }
}
