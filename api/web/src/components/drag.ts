/** What a drag tells while it goes on. */
export interface Dragging<Target> {
  label: string;
  hue: string;
  /** What lies below the pointer and would take what is carried; null is nothing. */
  targetAt: (x: number, y: number) => Target | null;
  /** Hears of every other target below the pointer, and of null when the drag is over. */
  onover: (target: Target | null) => void;
  ondrop: (target: Target, x: number) => void;
}

const THRESHOLD_PX = 5;
let carrying = false;

/** Whether something is being dragged: then nothing else follows the pointer. */
export function isCarrying(): boolean {
  return carrying;
}

/**
 * Follows the pointer from a press until it is let go; a press that hardly moves stays a click. Escape gives up.
 *
 * The carried label is moved in the document directly: nothing is drawn anew for a movement.
 */
export function startDrag<Target>(
  press: MouseEvent,
  { label, hue, targetAt, onover, ondrop }: Dragging<Target>,
): void {
  if (press.button !== 0) return;
  const { clientX: x0, clientY: y0 } = press;
  const source = press.target instanceof HTMLElement ? press.target : null;
  let carried: HTMLElement | null = null;
  let target: Target | null = null;

  const lift = (): HTMLElement => {
    const made = document.createElement("div");
    made.className = "carried";
    made.textContent = label;
    made.style.setProperty("--hue", hue);
    document.body.append(made);
    if (source) {
      // on what was pressed alone: a cursor for the whole page would style all of it anew in the middle of the drag
      if (press instanceof PointerEvent) source.setPointerCapture(press.pointerId);
      source.style.cursor = "grabbing";
    }
    return made;
  };
  const move = ({ clientX: x, clientY: y }: PointerEvent): void => {
    if (!carried) {
      if (Math.hypot(x - x0, y - y0) < THRESHOLD_PX) return;
      carried = lift();
      carrying = true;
    }
    carried.style.transform = `translate(${x + 10}px, ${y + 6}px)`;
    const below = targetAt(x, y);
    if (below === target) return;
    target = below;
    onover(target);
  };
  const end = (dropped: PointerEvent | null): void => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", cancel);
    removeEventListener("keydown", escape, true);
    removeEventListener("selectstart", swallow);
    if (!carried) return;
    if (source) source.style.cursor = "";
    carrying = false;
    carried.remove();
    onover(null);
    // the click that follows a drop is no click on what lies there
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    if (dropped && target !== null) ondrop(target, dropped.clientX);
  };
  const cancel = (): void => end(null);
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    end(null);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", cancel);
  addEventListener("keydown", escape, true);
  addEventListener("selectstart", swallow);
}

function swallow(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}
