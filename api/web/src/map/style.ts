import type { StyleSpecification } from "maplibre-gl";
import type { components } from "../api/schema";
import type { Language } from "../i18n/languages";

const BASE = "base";
const MAJOR = ["motorway", "trunk", "primary", "motorway_link", "trunk_link", "primary_link"];
const MIDDLE = ["secondary", "tertiary", "secondary_link", "tertiary_link"];
const NARROW = ["service", "track", "cycleway", "footway", "path", "steps", "pedestrian"];

/** What the service tells of the map: its own, or a raster map of another provider. */
export type TileSource = components["schemas"]["TileJson"];

/** The look of our own vector tiles: quiet, so that the route stands out. No glyphs: the phone's fonts write the names. */
export function mapStyle(source: TileSource | null, language: Language): StyleSpecification {
  const name = ["coalesce", ["get", language === "zh" ? "name:zh" : "name"], ["get", "name"]];
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [{ id: "ground", type: "background", paint: { "background-color": "#f4f2ec" } }],
  };
  if (!source) return style;
  if (source.kind === "raster") {
    const { tiles, minzoom, maxzoom, attribution } = source;
    style.sources[BASE] = { type: "raster", tileSize: 256, tiles, minzoom, maxzoom, attribution };
    style.layers.push({ id: "raster", type: "raster", source: BASE });
    return style;
  }
  style.sources[BASE] = {
    type: "vector",
    tiles: source.tiles.map((address) => location.origin + address),
    minzoom: source.minzoom,
    maxzoom: source.maxzoom,
    attribution: source.attribution,
  };
  style.layers.push(
    { id: "green", type: "fill", source: BASE, "source-layer": "green", paint: { "fill-color": "#dcebd2" } },
    {
      id: "water",
      type: "fill",
      source: BASE,
      "source-layer": "water",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": "#b9d7ea" },
    },
    {
      id: "rivers",
      type: "line",
      source: BASE,
      "source-layer": "water",
      filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": "#b9d7ea", "line-width": 2 },
    },
    road("narrow", NARROW, "#ffffff", [12, 0.3, 17, 3]),
    {
      ...road("streets", [], "#ffffff", [11, 0.5, 17, 9]),
      filter: ["!", ["in", ["get", "class"], ["literal", [...MAJOR, ...MIDDLE, ...NARROW]]]],
    },
    road("middle", MIDDLE, "#fff3c4", [9, 0.6, 17, 13]),
    road("major", MAJOR, "#f9d48b", [6, 0.8, 17, 16]),
    {
      id: "street-names",
      type: "symbol",
      source: BASE,
      "source-layer": "roads",
      minzoom: 14,
      layout: { "symbol-placement": "line", "text-field": name as never, "text-size": 12 },
      paint: { "text-color": "#3d4650", "text-halo-color": "#ffffff", "text-halo-width": 1.5 },
    },
    {
      id: "place-names",
      type: "symbol",
      source: BASE,
      "source-layer": "places",
      layout: { "text-field": name as never, "text-size": 14 },
      paint: { "text-color": "#14202b", "text-halo-color": "#ffffff", "text-halo-width": 2 },
    },
  );
  return style;
}

function road(id: string, classes: string[], colour: string, widths: [number, number, number, number]) {
  return {
    id,
    type: "line" as const,
    source: BASE,
    "source-layer": "roads",
    filter: ["in", ["get", "class"], ["literal", classes]] as never,
    layout: { "line-cap": "round" as const, "line-join": "round" as const },
    paint: {
      "line-color": colour,
      "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], ...widths] as never,
    },
  };
}
