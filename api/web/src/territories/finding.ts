/** A name as it is compared: without case, accents and width. */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().trim();
}

/** How well a folded name answers: 0 begins with the text, 1 has it as a word, 2 has a word that begins with it, 3 holds it. */
function grade(name: string, wanted: string): number | null {
  const at = name.indexOf(wanted);
  if (at <= 0) return at === 0 ? 0 : null;
  const words = name.split(/[^\p{L}\p{N}]+/u);
  if (words.includes(wanted)) return 1;
  return words.some((word) => word.startsWith(wanted)) ? 2 : 3;
}

/** Up to `most` places in the list whose names hold the text, those that answer it best first. */
export function findByName(names: readonly { name: string }[], text: string, most: number): number[] {
  const wanted = folded(text);
  if (!wanted) return [];
  const grades: number[][] = [[], [], [], []];
  names.forEach(({ name }, index) => {
    const found = grade(folded(name), wanted);
    if (found !== null) grades[found]?.push(index);
  });
  return grades.flat().slice(0, most);
}
