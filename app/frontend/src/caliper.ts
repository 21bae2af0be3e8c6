// A length that the reader measures by hand: in mm where the file states the spacing, else in px.

import type { Data } from "./data";
import { frame, path } from "./marks";

export interface Point {
  row: number;
  column: number;
}

export interface Length {
  slice: number;
  from: Point;
  to: Point;
}

export function spoken({ from, to }: Length, spacing: Data["spacing"]): string {
  const [row, column] = spacing ?? [1, 1];
  const length = Math.hypot((to.row - from.row) * row, (to.column - from.column) * column);
  return spacing ? `${length.toFixed(1)} mm` : `${length.toFixed(0)} px`;
}

export function drawCaliper(stage: HTMLElement, length: Length | null, data: Data): void {
  const svg = stage.querySelector<SVGElement>('[data-layer="caliper"]')!;
  const words = stage.querySelector<HTMLElement>(".length")!;
  frame(svg, data);
  svg.replaceChildren();
  words.hidden = !length;
  if (!length) return;
  const { from, to } = length;
  svg.append(path({ d: `M${from.column} ${from.row}L${to.column} ${to.row}` }));
  words.textContent = spoken(length, data.spacing);
  words.style.left = `${(100 * (to.column + 0.5)) / data.columns}%`;
  words.style.top = `${(100 * (to.row + 0.5)) / data.rows}%`;
}
