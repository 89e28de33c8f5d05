import { getContext, setContext } from "svelte";
import type { Alignment } from "./alignment.svelte";

const KEY = Symbol("alignment");

export function giveAlignment(alignment: Alignment): Alignment {
  return setContext(KEY, alignment);
}

export function useAlignment(): Alignment {
  return getContext<Alignment>(KEY);
}
