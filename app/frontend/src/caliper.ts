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

const lengths = new Map<string, Length>(); // of each scan, for as long as the page is open

export function keepLength(id: string, length: Length | null): void {
  if (length) lengths.set(id, length);
  else lengths.delete(id);
}

export function spoken({ from, to }: Length, spacing: Data["spacing"]): string {
  const [row, column] = spacing ?? [1, 1];
  const length = Math.hypot((to.row - from.row) * row, (to.column - from.column) * column);
  return spacing ? `${length.toFixed(1)} mm` : `${length.toFixed(0)} px`;
}

export function drawCaliper(stage: HTMLElement, slice: number, data: Data): void {
  const length = lengths.get(data.id);
  const svg = stage.querySelector<SVGElement>('[data-layer="caliper"]')!;
  const words = stage.querySelector<HTMLElement>(".length")!;
  frame(svg, data);
  svg.replaceChildren();
  words.hidden = length?.slice !== slice;
  if (length?.slice !== slice) return;
  const { from, to } = length;
  svg.append(path({ d: `M${from.column} ${from.row}L${to.column} ${to.row}` }));
  words.textContent = spoken(length, data.spacing);
  words.style.left = `${(100 * (to.column + 0.5)) / data.columns}%`;
  words.style.top = `${(100 * (to.row + 0.5)) / data.rows}%`;
}
