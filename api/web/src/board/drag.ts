/** What a drag tells while it goes on. */
export interface Dragging {
  label: string;
  hue: string;
  onDrop: (target: Element, x: number) => void;
}

const THRESHOLD_PX = 5;
let carrying = false;

/** Whether something is being dragged: then nothing else follows the pointer. */
export function isCarrying(): boolean {
  return carrying;
}

/**
 * Follows the pointer from a press until it is let go; a press that hardly moves stays a click.
 *
 * The carried label and the row below it are changed in the document directly: nothing is drawn anew for a movement.
 */
export function startDrag(event: PointerEvent, { label, hue, onDrop }: Dragging): void {
  if (event.button !== 0 || event.pointerType === "touch") return;
  const origin = { x: event.clientX, y: event.clientY };
  let carried: HTMLElement | null = null;
  let row: Element | null = null;

  const lift = (): HTMLElement => {
    const made = document.createElement("div");
    made.className = "carried";
    made.textContent = label;
    made.style.setProperty("--hue", hue);
    document.body.append(made);
    document.body.classList.add("dragging");
    return made;
  };
  const move = (now: PointerEvent): void => {
    const [x, y] = [now.clientX, now.clientY];
    if (!carried) {
      if (Math.hypot(x - origin.x, y - origin.y) < THRESHOLD_PX) return;
      carried = lift();
      carrying = true;
    }
    carried.style.transform = `translate(${x + 10}px, ${y + 6}px)`;
    const below = document.elementFromPoint(x, y)?.closest("[data-drop]") ?? null;
    if (below !== row) {
      row?.classList.remove("over");
      below?.classList.add("over");
      row = below;
    }
  };
  const end = (now: PointerEvent | null): void => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", cancel);
    removeEventListener("keydown", escape, true);
    const target = row;
    row?.classList.remove("over");
    const moved = carried !== null;
    carrying = false;
    carried?.remove();
    document.body.classList.remove("dragging");
    if (!moved) return;
    // the click that follows a drop is no click on what was carried
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    if (now && target) onDrop(target, now.clientX);
  };
  const drop = (now: PointerEvent): void => end(now);
  const cancel = (): void => end(null);
  const escape = (now: KeyboardEvent): void => {
    if (now.key !== "Escape") return;
    now.stopPropagation();
    end(null);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", drop);
  addEventListener("pointercancel", cancel);
  addEventListener("keydown", escape, true);
}

function swallow(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}
