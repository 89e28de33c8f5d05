import { signedIn, service, type DayPlan } from "../api/client";
import { lineOf } from "../map/route";

/** Zooms at which the map of a day is kept. */
const ZOOMS = [10, 11, 12, 13, 14];
const MOST_TILES = 400;

/** What the service worker is asked to keep for a day without a network. */
export interface Pack {
  kind: "pack";
  tiles: string[];
  headers: Record<string, string>;
}

/** Has the service worker keep the map along a day's drive, and the map's own program. */
export async function keepPack(plan: DayPlan): Promise<void> {
  if (!("serviceWorker" in navigator) || !plan.stops.length || saving()) return;
  const worker = (await navigator.serviceWorker.ready).active;
  const { data } = await service.GET("/api/v1/tiles.json");
  const template = data?.kind === "vector" ? data.tiles[0] : undefined;
  const line = await lineOf(plan);
  const tiles = data && template ? tilesAlong(line, data.minzoom, data.maxzoom).map((tile) => address(template, tile)) : [];
  worker?.postMessage({ kind: "pack", tiles, headers: signedIn() } satisfies Pack);
}

/** Tiles [zoom, column, row] within one tile of a line of [lon, lat], coarse ones first, at most 400. */
export function tilesAlong(line: readonly (readonly number[])[], lowest: number, highest: number): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (const zoom of ZOOMS.filter((one) => one >= lowest && one <= highest)) {
    const seen = new Set<string>();
    for (const [x, y] of steps(line.map(([lon = 0, lat = 0]) => gridPlace(lon, lat, zoom)))) {
      for (let column = x - 1; column <= x + 1; column += 1) {
        for (let row = y - 1; row <= y + 1; row += 1) {
          if (seen.has(`${column}/${row}`)) continue;
          seen.add(`${column}/${row}`);
          found.push([zoom, column, row]);
        }
      }
    }
  }
  return found.slice(0, MOST_TILES);
}

/** Whole tiles that a line touches: between two points it is walked in steps of half a tile. */
function* steps(points: readonly (readonly [number, number])[]): Generator<[number, number]> {
  for (const [index, [x, y]] of points.entries()) {
    const [nextX, nextY] = points[index + 1] ?? [x, y];
    const count = Math.max(1, Math.ceil(2 * Math.max(Math.abs(nextX - x), Math.abs(nextY - y))));
    for (let step = 0; step < count; step += 1) {
      yield [Math.floor(x + ((nextX - x) * step) / count), Math.floor(y + ((nextY - y) * step) / count)];
    }
  }
}

function gridPlace(lon: number, lat: number, zoom: number): [number, number] {
  const tiles = 2 ** zoom;
  const angle = (lat * Math.PI) / 180;
  return [((lon + 180) / 360) * tiles, ((1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2) * tiles];
}

function address(template: string, [z, x, y]: [number, number, number]): string {
  return template.replace("{z}", String(z)).replace("{x}", String(x)).replace("{y}", String(y));
}

function saving(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}
