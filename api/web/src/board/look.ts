/** How a rep's route looks: a hue, and a number and a shape for those who see no hues. */
export interface Look {
  hue: string;
  number: number;
  shape: "round" | "square" | "cut" | "pointed";
  dash: readonly number[];
}

/** Each carries white text at 4.5:1 or better; neighbours in the list lie far apart. */
const HUES = ["#0b5cad", "#a23b00", "#1b6e3c", "#7a3e9d", "#b3261e", "#00696e", "#8c1d5b", "#5b5b00", "#3949ab", "#6d4c41", "#c2185b", "#37474f"] as const;
const SHAPES = ["round", "square", "cut", "pointed"] as const;
const DASHES = [[1, 0], [4, 1.2], [1.4, 1.2], [6, 1.2, 1.4, 1.2]] as const;

/** The look of the rep in this place of the board's order. */
export function lookOf(index: number): Look {
  const round = Math.floor(index / HUES.length) % SHAPES.length;
  return {
    hue: HUES[index % HUES.length] as string,
    number: index + 1,
    shape: SHAPES[round] as Look["shape"],
    dash: DASHES[round] as readonly number[],
  };
}
