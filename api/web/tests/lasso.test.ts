import { expect, test } from "vitest";
import { isWithin } from "../src/map/lasso";

test("a lasso holds what lies within it", () => {
  const line = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 5, y: 5 }, { x: 0, y: 10 }];
  expect(isWithin({ x: 2, y: 2 }, line)).toBe(true);
  expect(isWithin({ x: 5, y: 8 }, line)).toBe(false);
  expect(isWithin({ x: 11, y: 1 }, line)).toBe(false);
});
