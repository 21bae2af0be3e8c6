// Pen strokes → pixels of a mask. Pixel centres have whole-number coordinates.

import type { Point } from "./caliper";

export interface Area {
  rows: number;
  columns: number;
  aspect: number; // height of a pixel over its width
}

const CLOSED_PX = 4; // a stroke that comes so near to its start has gone around something

// Points from one to another, at most half a pixel apart.
export function* line(from: Point, to: Point): Generator<Point> {
  const [down, along] = [to.row - from.row, to.column - from.column];
  const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(down), Math.abs(along))));
  for (let step = 0; step <= steps; step++)
    yield { row: from.row + (down * step) / steps, column: from.column + (along * step) / steps };
}

// A disc, round on the screen; of the size 1 the one pixel under the pen.
export function disc(mask: Uint8Array, area: Area, at: Point, size: number, inside: boolean): void {
  const reach = size / 2;
  const tall = reach / area.aspect;
  for (let row = Math.ceil(at.row - tall); row <= at.row + tall; row++)
    for (let column = Math.ceil(at.column - reach); column <= at.column + reach; column++)
      if (Math.hypot((row - at.row) * area.aspect, column - at.column) <= reach)
        set(mask, area, row, column, inside);
  set(mask, area, Math.round(at.row), Math.round(at.column), inside);
}

// Fills what a closed stroke goes around (even-odd rule, pixels by their centres).
export function enclosed(
  mask: Uint8Array, area: Area, points: Point[], size: number, inside: boolean,
): void {
  const [first, last] = [points[0]!, points.at(-1)!];
  const near = Math.max(CLOSED_PX, size);
  const apart = (one: Point): number =>
    Math.hypot((one.row - first.row) * area.aspect, one.column - first.column);
  if (apart(last) > near || Math.max(...points.map(apart)) <= 2 * near) return;
  for (let row = 0; row < area.rows; row++) {
    const crossings: number[] = [];
    points.forEach((to, number) => {
      const from = points.at(number - 1)!;
      if (from.row > row === to.row > row) return;
      const share = (row - from.row) / (to.row - from.row);
      crossings.push(from.column + share * (to.column - from.column));
    });
    crossings.sort((a, b) => a - b);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2)
      for (let column = Math.ceil(crossings[pair]!); column <= crossings[pair + 1]!; column++)
        set(mask, area, row, column, inside);
  }
}

function set(mask: Uint8Array, area: Area, row: number, column: number, inside: boolean): void {
  if (row >= 0 && row < area.rows && column >= 0 && column < area.columns)
    mask[row * area.columns + column] = Number(inside);
}

// The border of a mask along the edges of its pixels, as the data of an SVG path.
export function border(mask: Uint8Array, { rows, columns }: Area): string {
  const width = columns + 1; // corners in a row of them
  const next = new Map<number, number[]>();
  const edge = (from: number, to: number): void => {
    next.set(from, [...(next.get(from) ?? []), to]);
  };
  const at = (row: number, column: number): boolean =>
    row >= 0 && row < rows && column >= 0 && column < columns && mask[row * columns + column] === 1;
  for (let place = mask.indexOf(1); place >= 0; place = mask.indexOf(1, place + 1)) {
    const [row, column] = [Math.floor(place / columns), place % columns];
    const corner = row * width + column; // the upper left one
    if (!at(row - 1, column)) edge(corner, corner + 1);
    if (!at(row, column + 1)) edge(corner + 1, corner + width + 1);
    if (!at(row + 1, column)) edge(corner + width + 1, corner + width);
    if (!at(row, column - 1)) edge(corner + width, corner);
  }
  let data = "";
  for (const start of [...next.keys()])
    while (next.get(start)?.length) data += loop(next, start, width);
  return data;
}

// Walks along the edges until it is back; corners between two edges of one direction are left out.
function loop(next: Map<number, number[]>, start: number, width: number): string {
  let [data, corner, heading] = ["", start, 0];
  do {
    const to = next.get(corner)!.pop()!;
    if (to - corner !== heading)
      data += `${data ? "L" : "M"}${(corner % width) - 0.5} ${Math.floor(corner / width) - 0.5}`;
    [heading, corner] = [to - corner, to];
  } while (corner !== start);
  return `${data}Z`;
}
