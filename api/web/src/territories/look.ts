/** How a territory looks: a hue and a hatching, and a number for those who see neither. */
export interface Look {
  hue: string;
  number: number;
  hatch: number;
}

/** Each carries white text at 4.5:1 or better; neighbours in the list lie far apart. */
export const HUES = ["#0b5cad", "#a23b00", "#1b6e3c", "#7a3e9d", "#b3261e", "#00696e", "#8c1d5b", "#5b5b00", "#3949ab", "#6d4c41", "#c2185b", "#37474f"] as const;
export const HATCHES = 6;

/** The look of the territory in this place of the list; hues come again with another hatching. */
export function lookOf(index: number): Look {
  return {
    hue: HUES[index % HUES.length] as string,
    number: index + 1,
    hatch: (index + Math.floor(index / HUES.length)) % HATCHES,
  };
}
