/// <reference lib="webworker" />
/**
 * The service worker: the page's own files from this device first, map tiles too; everything else from the service.
 *
 * Days and taps are not its business: the page keeps them itself.
 */
declare const self: ServiceWorkerGlobalScope;
declare const __SHELL_FILES__: string[];
declare const __SHELL_VERSION__: string;
export {};

const SHELL = `shell-${__SHELL_VERSION__}`;
const TILES = "tiles";
const PAGE = "/today";
const LASTING = /^\/(assets|icons)\//;
const TILE = /^\/api\/v1\/tiles\/\d+\/\d+\/\d+\.mvt$/;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(SHELL).then((shell) => shell.addAll([PAGE, "/manifest.webmanifest", ...__SHELL_FILES__])),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== SHELL) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === PAGE || url.pathname === "/") event.respondWith(keptFirst(SHELL, PAGE, request));
  } else if (LASTING.test(url.pathname) || url.pathname === "/manifest.webmanifest") {
    event.respondWith(keptFirst(SHELL, request, request));
  } else if (TILE.test(url.pathname)) {
    event.respondWith(keptFirst(TILES, url.pathname, request));
  }
});

/** What is kept under a name, else what the network gives, which is then kept if it is whole. */
async function keptFirst(cacheName: string, name: RequestInfo, request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(name, { ignoreVary: true });
  if (kept) return kept;
  const fresh = await fetch(request);
  // 204 is an empty tile; partial answers cannot be kept
  if (fresh.status === 200 || fresh.status === 204) await cache.put(name, fresh.clone());
  return fresh;
}
