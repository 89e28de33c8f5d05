/** What a drag tells while it goes on. */
export interface Dragging {
  label: string;
  hue: string;
  /** What lies below the pointer and would take what is carried; null is nothing. */
  targetAt: (x: number, y: number) => number | null;
  onover: (target: number | null) => void;
  ondrop: (target: number) => void;
}

const THRESHOLD_PX = 5;

/** Follows the pointer from a press until it is let go; a press that hardly moves stays a click. Escape gives up. */
export function startDrag(x0: number, y0: number, { label, hue, targetAt, onover, ondrop }: Dragging): void {
  let carried: HTMLElement | null = null;
  let target: number | null = null;

  const lift = (): HTMLElement => {
    const made = document.createElement("div");
    made.className = "carried";
    made.textContent = label;
    made.style.setProperty("--hue", hue);
    document.body.append(made);
    document.body.classList.add("dragging");
    return made;
  };
  const move = ({ clientX: x, clientY: y }: PointerEvent): void => {
    if (!carried) {
      if (Math.hypot(x - x0, y - y0) < THRESHOLD_PX) return;
      carried = lift();
    }
    carried.style.transform = `translate(${x + 12}px, ${y + 8}px)`;
    const below = targetAt(x, y);
    if (below === target) return;
    target = below;
    onover(target);
  };
  const end = (isDrop: boolean): void => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", cancel);
    removeEventListener("keydown", escape, true);
    document.body.classList.remove("dragging");
    if (!carried) return;
    carried.remove();
    onover(null);
    // the click that follows a drop is no click on what lies there
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    if (isDrop && target !== null) ondrop(target);
  };
  const drop = (): void => end(true);
  const cancel = (): void => end(false);
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    end(false);
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
