/** A name as it is compared: without case, accents and width. */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().trim();
}

/** Up to `most` places in the list whose names hold the text; those that begin with it come first. */
export function findByName(names: readonly { name: string }[], text: string, most: number): number[] {
  const wanted = folded(text);
  if (!wanted) return [];
  const begins: number[] = [];
  const holds: number[] = [];
  names.forEach(({ name }, index) => {
    const at = folded(name).indexOf(wanted);
    if (at === 0) begins.push(index);
    else if (at > 0) holds.push(index);
  });
  return [...begins, ...holds].slice(0, most);
}
