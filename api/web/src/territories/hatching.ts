import { lookOf } from "./look";

const SIZE = 16;
const TINT = "2b";
const LINE = "59";
type Draw = (pen: CanvasRenderingContext2D) => void;

/** A straight stroke that runs on in the next tile. */
function stroke(x1: number, y1: number, x2: number, y2: number): Draw {
  return (pen) => {
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
  };
}

const DRAWN: readonly Draw[][] = [
  [stroke(-4, 4, 4, -4), stroke(-4, 20, 20, -4), stroke(12, 20, 20, 12)],
  [stroke(0, 8, 16, 8)],
  [stroke(-4, 12, 4, 20), stroke(-4, -4, 20, 20), stroke(12, -4, 20, 4)],
  [stroke(8, 0, 8, 16)],
  [stroke(6, 8, 10, 8), stroke(8, 6, 8, 10)],
  [stroke(-4, 4, 4, -4), stroke(-4, 20, 20, -4), stroke(12, 20, 20, 12), stroke(-4, -4, 20, 20)],
];

/** The picture that fills a territory on the map: its tint, hatched. */
export function hatching(index: number): ImageData {
  const { hue, hatch } = lookOf(index);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("this browser draws no pictures");
  pen.fillStyle = hue + TINT;
  pen.fillRect(0, 0, SIZE, SIZE);
  pen.strokeStyle = hue + LINE;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const draw of DRAWN[hatch] ?? []) draw(pen);
  pen.stroke();
  return pen.getImageData(0, 0, SIZE, SIZE);
}
