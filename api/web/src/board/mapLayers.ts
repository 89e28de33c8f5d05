import type { Feature, FeatureCollection, Geometry, LineString } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import type { Shift } from "../map/open";
import { isEnded } from "./bars";
import type { Ghost } from "./ghosts";
import type { Look } from "./look";
import type { DayPlan, UnplannedVisit } from "./types";

export const HIT_LAYERS = ["stops", "tray"] as const;
type Features = FeatureCollection;
const EMPTY: Features = { type: "FeatureCollection", features: [] };

/** The sources and layers of the board over the base map. */
export function addLayers(map: MapLibre): void {
  for (const name of ["routes", "stops", "ghosts"]) map.addSource(name, { type: "geojson", data: EMPTY });
  const round = { "line-cap": "round", "line-join": "round" } as const;
  const none = ["==", ["get", "rep"], ""] as never;
  const onStops = { type: "circle", source: "stops" } as const;
  map.addLayer({ id: "routes", type: "line", source: "routes", layout: round, paint: { "line-color": ["get", "hue"], "line-width": 2.5, "line-opacity": 0.8 } });
  map.addLayer({
    id: "route-numbers",
    type: "symbol",
    source: "routes",
    layout: { "symbol-placement": "line", "symbol-spacing": 220, "text-field": ["get", "number"], "text-size": 11, "text-rotation-alignment": "viewport" },
    paint: { "text-color": ["get", "hue"], "text-halo-color": "#ffffff", "text-halo-width": 2.5 },
  });
  map.addLayer({ ...onStops, id: "tray", filter: ["has", "customer"], paint: { "circle-radius": 4, "circle-color": "#ffffff", "circle-stroke-color": "#404b57", "circle-stroke-width": 1.5 } });
  map.addLayer({
    ...onStops,
    id: "stops",
    filter: ["has", "visit"],
    paint: {
      "circle-radius": ["case", ["get", "chosen"], 7, 4.5],
      "circle-color": ["case", ["get", "ended"], "#ffffff", ["get", "hue"]],
      "circle-stroke-color": ["case", ["get", "chosen"], "#8a6d00", ["get", "ended"], ["get", "hue"], "#ffffff"],
      "circle-stroke-width": ["case", ["get", "chosen"], 3, 1.5],
    },
  });
  map.addLayer({ id: "active-casing", type: "line", source: "routes", filter: none, layout: round, paint: { "line-color": "#ffffff", "line-width": 8 } });
  map.addLayer({ id: "active", type: "line", source: "routes", filter: none, layout: round, paint: { "line-color": ["get", "hue"], "line-width": 4.5 } });
  map.addLayer({ id: "ghost-casing", type: "line", source: "ghosts", filter: ["has", "line"], paint: { "line-color": "#ffffff", "line-width": 6 } });
  map.addLayer({ id: "ghosts", type: "line", source: "ghosts", filter: ["has", "line"], paint: { "line-color": ["get", "hue"], "line-width": 3, "line-dasharray": [2, 1.5] } });
  map.addLayer({
    id: "ghost-stops",
    type: "circle",
    source: "ghosts",
    filter: ["!", ["has", "line"]],
    paint: { "circle-radius": 7, "circle-color": "#ffffff", "circle-stroke-color": ["get", "hue"], "circle-stroke-width": 3 },
  });
  map.addLayer({ ...onStops, id: "active-stops", filter: none, paint: { "circle-radius": 9, "circle-color": ["get", "hue"], "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5 } });
  map.addLayer({
    id: "active-numbers",
    type: "symbol",
    source: "stops",
    filter: none,
    layout: { "text-field": ["get", "order"], "text-size": 11, "text-allow-overlap": true },
    paint: { "text-color": "#ffffff" },
  });
}

function feature(geometry: Geometry, properties: Record<string, unknown>): Feature {
  return { type: "Feature", geometry, properties };
}

function lineOf(plan: DayPlan, roads: number[][] | undefined, shift: Shift): LineString {
  const straight = [plan.start, ...plan.stops, plan.end].map(({ lon, lat }) => [lon, lat]);
  return { type: "LineString", coordinates: (roads ?? straight).map(([lon = 0, lat = 0]) => shift(lon, lat)) };
}

/** Every route: along the roads where they are known, straight until then. */
export function featuresOfRoutes(plans: ReadonlyMap<string, DayPlan>, lines: ReadonlyMap<string, number[][]>, looks: ReadonlyMap<string, Look>, shift: Shift): Features {
  const features = [...plans.values()].map((plan) => {
    const look = looks.get(plan.rep);
    return feature(lineOf(plan, lines.get(plan.rep), shift), { rep: plan.rep, hue: look?.hue ?? "#0b3d5c", number: String(look?.number ?? "") });
  });
  return { type: "FeatureCollection", features };
}

/** Every stop, and the due customers in no plan. */
export function featuresOfStops(
  plans: ReadonlyMap<string, DayPlan>,
  looks: ReadonlyMap<string, Look>,
  tray: readonly UnplannedVisit[],
  chosen: ReadonlySet<string>,
  shift: Shift,
): Features {
  const features = [...plans.values()].flatMap((plan) => {
    const hue = looks.get(plan.rep)?.hue ?? "#0b3d5c";
    return plan.stops.map((stop, index) =>
      feature(
        { type: "Point", coordinates: shift(stop.lon, stop.lat) },
        { rep: plan.rep, visit: stop.visit, order: String(index + 1), hue, ended: isEnded(stop), chosen: chosen.has(stop.visit) },
      ),
    );
  });
  const due = tray.map((one) => feature({ type: "Point", coordinates: shift(one.lon, one.lat) }, { customer: one.customer }));
  return { type: "FeatureCollection", features: [...due, ...features] };
}

/** The routes of a proposal, and the stops that would come or move. */
export function ghostFeatures(ghosts: ReadonlyMap<string, Ghost>, lines: ReadonlyMap<string, number[][]>, looks: ReadonlyMap<string, Look>, shift: Shift): Features {
  const features = [...ghosts].flatMap(([rep, ghost]) => {
    const hue = looks.get(rep)?.hue ?? "#0b3d5c";
    const stops = ghost.coming.map((stop) => feature({ type: "Point", coordinates: shift(stop.lon, stop.lat) }, { hue }));
    return [feature(lineOf(ghost.plan, lines.get(rep), shift), { hue, line: true }), ...stops];
  });
  return { type: "FeatureCollection", features };
}
