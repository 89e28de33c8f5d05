import gcoord from "gcoord";
import type { Navigator } from "./apps";

/** A place in WGS-84 degrees, as everything in beatplan is. */
export interface Target {
  lon: number;
  lat: number;
  name: string;
}

const DIGITS = 6;

/** WGS-84 degrees as China's maps draw them; the same outside China. */
export function toGcj02(lon: number, lat: number): [number, number] {
  return gcoord.transform([lon, lat], gcoord.WGS84, gcoord.GCJ02) as [number, number];
}

/** WGS-84 degrees as Baidu's maps draw them. */
export function toBd09(lon: number, lat: number): [number, number] {
  return gcoord.transform([lon, lat], gcoord.WGS84, gcoord.BD09) as [number, number];
}

/** The inverse of `toGcj02`, for what is tapped on such a map. */
export function fromGcj02(lon: number, lat: number): [number, number] {
  return gcoord.transform([lon, lat], gcoord.GCJ02, gcoord.WGS84) as [number, number];
}

/** The link that starts navigation to a place in an app: each in its own datum and order of arguments. */
export function navigationLink(app: Navigator, target: Target): string {
  return BUILDERS[app](target);
}

const BUILDERS: Record<Navigator, (target: Target) => string> = {
  // GCJ-02, longitude first
  amap({ lon, lat, name }) {
    const to = [...toGcj02(lon, lat).map(degrees), text(name)].join(",");
    return `https://uri.amap.com/navigation?to=${to}&mode=car&callnative=1&src=beatplan`;
  },
  // BD-09, latitude first, opened by the app's own scheme: Baidu's page on the web needs an origin
  baidu({ lon, lat, name }) {
    const [x, y] = toBd09(lon, lat);
    const to = `name:${text(name)}%7Clatlng:${degrees(y)},${degrees(x)}`;
    return `baidumap://map/direction?destination=${to}&coord_type=bd09ll&mode=driving&src=beatplan`;
  },
  // WGS-84, latitude first
  google({ lon, lat }) {
    return `https://www.google.com/maps/dir/?api=1&destination=${degrees(lat)},${degrees(lon)}&travelmode=driving`;
  },
  // latitude first; in China Apple's map is drawn in GCJ-02 and reads its links so
  apple({ lon, lat, name }) {
    const [x, y] = toGcj02(lon, lat);
    return `https://maps.apple.com/?daddr=${degrees(y)},${degrees(x)}&q=${text(name)}&dirflg=d`;
  },
  // RFC 5870: WGS-84, latitude first; the label in brackets is Android's addition
  geo({ lon, lat, name }) {
    const here = `${degrees(lat)},${degrees(lon)}`;
    return `geo:${here}?q=${here}(${text(name)})`;
  },
};

function degrees(value: number): string {
  return value.toFixed(DIGITS);
}

/** A name without the characters that separate the parts of such links. */
function text(name: string): string {
  return encodeURIComponent(name.replace(/[,|()]/g, " ").replace(/\s+/g, " ").trim());
}
