import { startDrag } from "../components/drag";
import type { Desk, Moving } from "./desk.svelte";
import { secondAt } from "./scale";

/** Carries a visit, or a due customer, by mouse or pen onto a rep's row. On a touch screen a press scrolls. */
export function carryToRow(event: PointerEvent, desk: Desk, what: Moving, hue: string): void {
  if (event.pointerType === "touch") return;
  let over: HTMLElement | null = null;
  startDrag<HTMLElement>(event, {
    label: what.name,
    hue,
    targetAt: (x, y) => document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-drop]") ?? null,
    onover: (row) => {
      over?.classList.remove("over");
      row?.classList.add("over");
      over = row;
    },
    ondrop: (row, x) => {
      const box = (row.querySelector("[data-track]") ?? row).getBoundingClientRect();
      const rep = row.dataset["drop"];
      if (rep) void desk.drop(what, rep, secondAt(desk.board.frame, (x - box.left) / box.width));
    },
  });
}
