/// <reference lib="webworker" />
import type { Pack } from "../offline/pack";

/**
 * The service worker: the page's own files from this device first, map tiles too; everything else from the service.
 *
 * Days and taps are not its business: the page keeps them itself.
 */
declare const self: ServiceWorkerGlobalScope;
declare const __SHELL_FILES__: string[];
declare const __LARGE_FILES__: string[];
declare const __SHELL_VERSION__: string;

const SHELL = `shell-${__SHELL_VERSION__}`;
const TILES = "tiles";
const PAGE = "/today";
const LASTING = /^\/(assets|icons)\//;
/** Small answers about the map: the newest where there is a network, else the last. */
const MAP_FACTS = /^\/api\/v1\/(tiles\.json|reps\/[^/]+\/plans\/[^/]+\/line)$/;
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
  else if (event.data?.kind === "pack") event.waitUntil(keepPack(event.data as Pack));
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
  } else if (MAP_FACTS.test(url.pathname)) {
    event.respondWith(newestFirst(TILES, url.pathname, request));
  }
});

/** Keeps the map's program and the tiles of a day; what is there already is not fetched again. */
async function keepPack(pack: Pack): Promise<void> {
  const [shell, tiles] = [await caches.open(SHELL), await caches.open(TILES)];
  for (const file of __LARGE_FILES__) await keepMissing(shell, file, {});
  for (const tile of pack.tiles) await keepMissing(tiles, tile, pack.headers);
}

async function keepMissing(cache: Cache, name: string, headers: Record<string, string>): Promise<void> {
  if (await cache.match(name, { ignoreVary: true })) return;
  const fresh = await fetch(name, { headers }).catch(() => null);
  if (fresh && isWhole(fresh)) await cache.put(name, fresh);
}

/** The newest answer, which is then kept; without a network the one that is kept. */
async function newestFirst(cacheName: string, name: string, request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  try {
    const fresh = await fetch(request);
    if (fresh.status === 200) await cache.put(name, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await cache.match(name, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

/** 204 is an empty tile; partial answers cannot be kept. */
function isWhole(response: Response): boolean {
  return response.status === 200 || response.status === 204;
}

/** What is kept under a name, else what the network gives, which is then kept if it is whole. */
async function keptFirst(cacheName: string, name: RequestInfo, request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(name, { ignoreVary: true });
  if (kept) return kept;
  const fresh = await fetch(request);
  if (isWhole(fresh)) await cache.put(name, fresh.clone());
  return fresh;
}
