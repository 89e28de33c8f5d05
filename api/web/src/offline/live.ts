import { signedIn } from "../api/client";

const AGAIN_MS = 5_000;
const WAKE_MS = 300;
const NAME = "beatplan-events";

/**
 * Calls `onNews` whenever the service tells of something new, for as long as `signal` lets it.
 *
 * One page of a browser listens for all: browsers open six connections to a service at most. When that page goes, the
 * next takes over. Where there are no locks (plain http), every page listens for itself.
 */
export async function followEvents(onNews: () => void, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wake = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onNews, WAKE_MS); // what comes in a row is one piece of news
  };
  const others = new BroadcastChannel(NAME);
  others.addEventListener("message", wake);
  signal.addEventListener("abort", () => others.close());
  const tellAll = (): void => {
    wake();
    if (!signal.aborted) others.postMessage("news");
  };
  try {
    if (navigator.locks) await navigator.locks.request(NAME, { signal }, () => listen(tellAll, signal));
    else await listen(tellAll, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Read as a stream, for EventSource sends no token. Ends for good where the service has no events. */
async function listen(onEvent: () => void, signal: AbortSignal): Promise<void> {
  let last = "";
  let lost = false;
  while (!signal.aborted) {
    try {
      const headers = { ...signedIn(), Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const reply = await fetch("/api/v1/events", { headers, signal, cache: "no-store" });
      if (reply.status === 404) return;
      if (reply.ok && reply.body) {
        if (lost) onEvent(); // the service is back: what waits can go, what was missed is asked for
        for await (const line of linesOf(reply.body)) {
          if (line.startsWith("id:")) last = line.slice(3).trim();
          if (line.startsWith("event:")) onEvent();
        }
      }
    } catch {
      // no network, or the page is hidden
    }
    lost = true;
    await pause(AGAIN_MS, signal);
  }
}

/** The lines of a stream of text, as they come. */
export async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Waits, at most until `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
