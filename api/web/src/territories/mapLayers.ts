import type { Feature, FeatureCollection, Polygon } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import type { Shift } from "../map/open";
import { hatching } from "./hatching";
import { HUES, lookOf } from "./look";
import type { Cell, Customer, Ground, Parts, Place, Territory } from "./model";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const DARK = "#14202b";
const GREY = "#6b7682";
const state = (name: string): unknown[] => ["boolean", ["feature-state", name], false];
const radius = (scale: number): unknown[] => ["case", state("chosen"), 6 * scale, ["*", scale, ["get", "radius"]]];
const edge = (scale: number): unknown[] => ["case", state("chosen"), 3 * scale, state("moved"), 2 * scale, 0.75 * scale];

/** The sources and layers of the territories over the base map. Customers are coloured by the state of their point. */
export function addLayers(map: MapLibre, territories: number): void {
  for (let index = 0; index < territories; index += 1) map.addImage(`hatching-${index}`, hatching(index));
  for (const name of ["parts", "customers", "homes", "cells", "marks", "names"]) map.addSource(name, { type: "geojson", data: EMPTY });
  map.addLayer({ id: "parts", type: "fill", source: "parts", paint: { "fill-pattern": ["concat", "hatching-", ["to-string", ["get", "territory"]]], "fill-antialias": false } });
  map.addLayer({ id: "parts-over", type: "fill", source: "parts", filter: ["==", ["get", "territory"], -1], paint: { "fill-color": "#ffd54a", "fill-opacity": 0.45 } });
  map.addLayer({ id: "parts-edge", type: "line", source: "parts", layout: { "line-join": "round" }, paint: { "line-color": ["get", "hue"], "line-width": 2, "line-opacity": 0.9 } });
  map.addLayer({ id: "parts-active", type: "line", source: "parts", filter: ["==", ["get", "territory"], -1], layout: { "line-join": "round" }, paint: { "line-color": DARK, "line-width": 3.5 } });
  map.addLayer({
    id: "cells",
    type: "fill",
    source: "cells",
    layout: { visibility: "none" },
    paint: { "fill-color": ["interpolate", ["linear"], ["get", "share"], 0, "#fff7e0", 0.5, "#f2a33a", 1, "#8a2c00"], "fill-opacity": 0.72, "fill-outline-color": "#ffffff" },
  });
  map.addLayer({
    id: "customers",
    type: "circle",
    source: "customers",
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, radius(0.5), 12, radius(0.9), 14, radius(1.35)] as never,
      "circle-color": ["match", ["coalesce", ["feature-state", "hue"], -1], ...HUES.flatMap((hue, place) => [place, hue]), GREY] as never,
      "circle-stroke-color": ["case", state("chosen"), "#ffc400", state("moved"), DARK, "#ffffff"] as never,
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 9, edge(0.5), 12, edge(0.8), 14, edge(1.2)] as never,
      "circle-opacity": ["case", state("faded"), 0.35, 1] as never,
      "circle-stroke-opacity": ["case", state("faded"), 0.35, 1] as never,
    },
  });
  map.addLayer({
    id: "marks",
    type: "circle",
    source: "marks",
    paint: { "circle-radius": ["case", ["get", "opened"], 11, 3], "circle-color": "#ffffff", "circle-opacity": ["case", ["get", "opened"], 0, 1], "circle-stroke-color": DARK, "circle-stroke-width": ["case", ["get", "opened"], 2.5, 1.5] },
  });
  map.addLayer({
    id: "homes",
    type: "symbol",
    source: "homes",
    layout: { "text-field": ["get", "sign"], "text-size": 17, "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": ["get", "hue"], "text-halo-color": "#ffffff", "text-halo-width": 2.5 },
  });
  map.addLayer({
    id: "names",
    type: "symbol",
    source: "names",
    layout: { "text-field": ["get", "label"], "text-size": 14, "text-max-width": 9, "text-padding": 0, "text-variable-anchor": ["center", "top", "bottom", "left", "right"] },
    paint: { "text-color": DARK, "text-halo-color": "#ffffff", "text-halo-width": 2.25 },
  });
}

/** The customers as points, numbered by their place in the list. */
export function customerPoints(customers: readonly Customer[], shift: Shift): FeatureCollection {
  const radius: Record<string, number> = { A: 4.25, B: 3.5 };
  const features = customers.map((one, index): Feature => ({
    type: "Feature",
    id: index,
    geometry: { type: "Point", coordinates: shift(one.lon, one.lat) },
    properties: { customer: index, radius: one.isKey ? 4.75 : (radius[one.tier] ?? 3) },
  }));
  return { type: "FeatureCollection", features };
}

/** The territories' parts of the map with their look. */
export function partShapes(parts: Parts, shift: Shift): FeatureCollection {
  const features = parts.features.map((feature): Feature => {
    const index = feature.properties.territory;
    const { hue } = lookOf(index);
    const { geometry } = feature;
    const ring = (line: readonly number[][]): number[][] => line.map(([lon = 0, lat = 0]) => shift(lon, lat));
    const moved =
      geometry.type === "Polygon"
        ? { ...geometry, coordinates: geometry.coordinates.map(ring) }
        : { ...geometry, coordinates: geometry.coordinates.map((polygon) => polygon.map(ring)) };
    return { type: "Feature", geometry: moved, properties: { territory: index, hue } };
  });
  return { type: "FeatureCollection", features };
}

/** The name of each territory, at the customer in the middle of those it has. */
export function namePoints(ground: Ground, owners: Int16Array, shift: Shift): FeatureCollection {
  const mine = ground.territories.map((): Customer[] => []);
  owners.forEach((owner, index) => mine[owner]?.push(ground.customers[index] as Customer));
  const middle = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
  const features = ground.territories.flatMap((one, index): Feature[] => {
    const all = mine[index] ?? [];
    if (!all.length) return [];
    const at = shift(middle(all.map(({ lon }) => lon)), middle(all.map(({ lat }) => lat)));
    return [{ type: "Feature", geometry: { type: "Point", coordinates: at }, properties: { label: `${lookOf(index).number} ${one.name}` } }];
  });
  return { type: "FeatureCollection", features };
}

/** Homes of the reps, and of one more where it was asked. */
export function homePoints(territories: readonly Territory[], next: readonly Place[], shift: Shift): FeatureCollection {
  const point = (place: Place, properties: Record<string, unknown>): Feature => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: shift(place.lon, place.lat) },
    properties,
  });
  const homes = territories.flatMap((one, index) => one.homes.map((home) => point(home, { hue: lookOf(index).hue, sign: "⌂" })));
  const more = next.map((home, index) => point(home, { hue: DARK, sign: `⌂ +${index + 1}` }));
  return { type: "FeatureCollection", features: [...homes, ...more] };
}

/** Parts with potential, each with its share of the highest. */
export function cellShapes(cells: readonly Cell[], shift: Shift): FeatureCollection {
  const most = Math.max(...cells.map((one) => one.potential), 1e-9);
  const features = cells.map((one): Feature => {
    const geometry: Polygon = { type: "Polygon", coordinates: [one.ring.map(({ lon, lat }) => shift(lon, lat))] };
    return { type: "Feature", geometry, properties: { share: one.potential / most } };
  });
  return { type: "FeatureCollection", features };
}

/** Marks over the points: a white heart for what is pinned, a ring for the one that is open. */
export function markPoints(customers: readonly Customer[], pinned: Iterable<number>, opened: number | null, shift: Shift): FeatureCollection {
  const point = (index: number, isOpened: boolean): Feature[] => {
    const one = customers[index];
    return one ? [{ type: "Feature", geometry: { type: "Point", coordinates: shift(one.lon, one.lat) }, properties: { opened: isOpened } }] : [];
  };
  const features = [...pinned].flatMap((index) => point(index, false));
  if (opened !== null) features.push(...point(opened, true));
  return { type: "FeatureCollection", features };
}
