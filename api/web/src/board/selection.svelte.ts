import { SvelteSet } from "svelte/reactivity";

/** What the right-hand panel is about. */
export type Panel =
  | { kind: "proposal" }
  | { kind: "visit"; id: string }
  | { kind: "customer"; id: string }
  | { kind: "rep"; id: string }
  | { kind: "chosen" }
  | { kind: "run" };

/** What is looked at on this screen: the panel, the row under the pointer, the visits that were picked. */
export class Selection {
  panel = $state.raw<Panel | null>(null);
  hovered = $state<string | null>(null);
  lassoing = $state(false);
  readonly chosen = new SvelteSet<string>();

  visit = $derived(this.panel?.kind === "visit" ? this.panel.id : null);
  rep = $derived(this.panel?.kind === "rep" ? this.panel.id : null);
  customer = $derived(this.panel?.kind === "customer" ? this.panel.id : null);

  #back: HTMLElement | null = null;

  show(panel: Panel): void {
    const focused = document.activeElement;
    if (!this.panel && focused instanceof HTMLElement) this.#back = focused;
    this.panel = panel;
  }

  /** Closes the panel; the keyboard goes back to where it was opened from. */
  close(): void {
    this.panel = null;
    if (this.#back?.isConnected) this.#back.focus({ preventScroll: true });
    this.#back = null;
  }

  toggle(visit: string): void {
    if (!this.chosen.delete(visit)) this.chosen.add(visit);
    if (this.chosen.size) this.show({ kind: "chosen" });
    else if (this.panel?.kind === "chosen") this.close();
  }

  choose(visits: readonly string[]): void {
    for (const visit of visits) this.chosen.add(visit);
    this.lassoing = false;
    if (this.chosen.size) this.show({ kind: "chosen" });
  }

  drop(): void {
    this.chosen.clear();
    if (this.panel?.kind === "chosen") this.close();
  }
}
