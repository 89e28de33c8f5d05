import { Map as MapLibre, NavigationControl, setWorkerUrl, type LngLatBoundsLike, type MapOptions } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { service, signedIn } from "../api/client";
import { speech } from "../i18n/language.svelte";
import "./attribution.css";
import { mapStyle } from "./style";

/** Moves a WGS-84 place to where the map below it is drawn. */
export type Shift = (lon: number, lat: number) => [number, number];

export interface Opening {
  container: HTMLElement;
  /** What the map shows first, given how it is shifted. */
  bounds: (shift: Shift) => LngLatBoundsLike;
  padding: number;
  options?: Partial<MapOptions>;
  onload: (map: MapLibre, shift: Shift) => void;
  /** The map cannot be drawn: no WebGL. */
  onfail: () => void;
}

export const UNSHIFTED: Shift = (lon, lat) => [lon, lat];

setWorkerUrl(workerUrl);

/** Draws a flat map of this service's tiles; the function that is returned takes it away again. */
export function openMap({ container, bounds, padding, options, onload, onfail }: Opening): () => void {
  let drawn: MapLibre | null = null;
  let gone = false;
  void (async () => {
    const source = await service.GET("/api/v1/tiles.json").then(({ data }) => data ?? null, () => null);
    // another provider's map of China is drawn in GCJ-02: what lies on it is shifted as the map is
    const shift = source?.datum === "gcj02" ? (await import("../navigation/links")).toGcj02 : UNSHIFTED;
    if (gone) return;
    try {
      const made = new MapLibre({
        container,
        style: mapStyle(source, speech.language),
        bounds: bounds(shift),
        fitBoundsOptions: { padding, maxZoom: 15 },
        attributionControl: source ? { compact: false } : { compact: false, customAttribution: speech.words.attribution },
        dragRotate: false,
        pitchWithRotate: false,
        maxPitch: 0,
        transformRequest: (url) => ({ url, headers: url.startsWith(location.origin) ? signedIn() : {} }),
        ...options,
      });
      drawn = made;
      made.addControl(new NavigationControl({ showCompass: false }), "top-right");
      made.on("load", () => onload(made, shift));
    } catch {
      onfail();
    }
  })();
  return () => {
    gone = true;
    drawn?.remove();
  };
}
