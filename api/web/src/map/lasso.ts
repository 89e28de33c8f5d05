export interface Point {
  x: number;
  y: number;
}

/** Whether a point lies within a closed line, by counting how often a ray from it crosses the line. */
export function isWithin(point: Point, line: readonly Point[]): boolean {
  let inside = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
    const [a, b] = [line[i] as Point, line[j] as Point];
    const crosses = a.y > point.y !== b.y > point.y && point.x < ((b.x - a.x) * (point.y - a.y)) / (b.y - a.y) + a.x;
    if (crosses) inside = !inside;
  }
  return inside;
}
