import type { Position } from "./tap";

const PATIENCE_MS = 5_000;
const FRESH_MS = 30_000;

/** Where the phone is right now, asked once; null when it does not know or may not say. */
export function whereThisIs(): Promise<Position | null> {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: FRESH_MS },
    );
  });
}
