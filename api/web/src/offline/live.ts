import { signedIn } from "../api/client";

const AGAIN_MS = 5_000;
const WAKE_MS = 300;

/**
 * Calls `onNews` whenever the service tells of something new, for as long as `signal` lets it.
 *
 * Read as a stream, for EventSource sends no token and hears only kinds that it knows by name. Ends for good where the
 * service has no events; then the page looks by itself now and then.
 */
export async function followEvents(onNews: () => void, signal: AbortSignal): Promise<void> {
  let last = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wake = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onNews, WAKE_MS); // what comes in a row is one piece of news
  };
  while (!signal.aborted) {
    try {
      const headers = { ...signedIn(), Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const reply = await fetch("/api/v1/events", { headers, signal, cache: "no-store" });
      if (reply.status === 404) return;
      if (reply.ok && reply.body) {
        for await (const line of linesOf(reply.body)) {
          if (line.startsWith("id:")) last = line.slice(3).trim();
          if (line.startsWith("event:")) wake();
        }
      }
    } catch {
      // no network, or the page is hidden
    }
    await pause(AGAIN_MS, signal);
  }
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
