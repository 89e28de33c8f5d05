import { expect, test } from "vitest";
import { tilesAlong } from "../src/offline/pack";

const LINE = [
  [24.94, 60.17],
  [24.99, 60.2],
];

test("the tile under a known place is among them, at every zoom", () => {
  const found = tilesAlong([LINE[0] as number[]], 5, 15).map((tile) => tile.join("/"));
  // Helsinki's railway station, as slippy-map tables give it
  expect(found).toContain("14/9327/4742");
  expect(found).toContain("10/582/296");
  expect(found).toHaveLength(5 * 9);
});

test("no gap along a drive: each kept tile touches another of its zoom", () => {
  const fine = tilesAlong(LINE, 14, 14);
  const names = new Set(fine.map(([, x, y]) => `${x}/${y}`));
  const start = fine[0] as [number, number, number];
  const reached = new Set<string>();
  const queue = [`${start[1]}/${start[2]}`];
  for (let name = queue.pop(); name; name = queue.pop()) {
    if (reached.has(name) || !names.has(name)) continue;
    reached.add(name);
    const [x = 0, y = 0] = name.split("/").map(Number);
    queue.push(`${x - 1}/${y}`, `${x + 1}/${y}`, `${x}/${y - 1}`, `${x}/${y + 1}`);
  }
  expect(reached.size).toBe(names.size);
});

test("only zooms that the map has, coarse ones first, never without end", () => {
  const far = [
    [24.9, 60.1],
    [30.3, 59.9],
  ];
  const found = tilesAlong(far, 11, 13);
  expect(found.length).toBeLessThanOrEqual(400);
  const zooms = found.map(([zoom]) => zoom);
  expect(zooms).toEqual([...zooms].sort((a, b) => a - b));
  expect(Math.min(...zooms)).toBe(11);
  expect(Math.max(...zooms)).toBeLessThanOrEqual(13);
});
