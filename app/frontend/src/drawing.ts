// What the reader draws: a mask of each slice in scan pixels. Streamlit is told it as runs: lengths
// of stretches outside and inside in turn, row by row, up to the last pixel inside.
//
// NiiVue's own drawing is one bitmap of the whole volume, sent to the graphics card anew with every
// stroke, and its pen is square; so it only shows these masks in three planes and in depth.

import type { Point } from "./caliper";
import { type Area, disc, enclosed, line } from "./brush";

export type Runs = number[];
type Slices = Map<number, Runs>;

const KEPT_STROKES = 50;
const MINE = crypto.getRandomValues(new Uint32Array(2)).join("-");

export class Drawing {
  version = 0; // changes with every change
  private readonly masks = new Map<number, Uint8Array>();
  private readonly before: Slices[] = []; // what each of the last strokes replaced
  private readonly untold = new Map<number, number>(); // slice → version that Streamlit lacks
  private heard = "";
  private points: Point[] = [];

  constructor(private readonly area: Area) {}

  // Streamlit's drawing, taken over where it is none that was told from here.
  hear(stamp: string, slices: Record<string, Runs>): void {
    if (stamp === this.heard) return;
    this.heard = stamp;
    const [from, version] = stamp.split(":");
    if (from === MINE) {
      for (const [slice, changed] of this.untold)
        if (changed <= Number(version)) this.untold.delete(slice);
      return;
    }
    const coming = new Map(Object.entries(slices).map(([slice, runs]) => [Number(slice), runs]));
    this.remember(new Set([...this.masks.keys(), ...coming.keys()]));
    this.masks.clear();
    this.untold.clear();
    for (const [slice, runs] of coming) this.masks.set(slice, this.maskOf(runs));
    this.version++;
  }

  // The masks that Streamlit does not know yet, for as long as it has not said so.
  message(): [string, Record<string, Runs>] {
    const told = [...this.untold.keys()].map((slice) => [slice, this.runs(slice)]);
    return [`${MINE}:${this.version}`, Object.fromEntries(told) as Record<string, Runs>];
  }

  begin(slice: number, at: Point): void {
    this.remember(new Set([slice]));
    this.points = [at];
  }

  // Goes on with the pen or the eraser to a point.
  stroke(slice: number, to: Point, size: number, inside: boolean): void {
    const mask = this.mask(slice);
    for (const at of line(this.points.at(-1)!, to)) disc(mask, this.area, at, size, inside);
    this.points.push(to);
    this.changed(slice);
  }

  // A stroke that ends where it began fills, or clears, what it goes around.
  end(slice: number, size: number, inside: boolean): void {
    enclosed(this.mask(slice), this.area, this.points, size, inside);
    this.changed(slice);
  }

  undo(): boolean {
    const last = this.before.pop();
    for (const [slice, runs] of last ?? []) {
      this.masks.set(slice, this.maskOf(runs));
      this.changed(slice);
    }
    return Boolean(last);
  }

  get undoable(): boolean {
    return this.before.length > 0;
  }

  get slices(): Map<number, Uint8Array> {
    return this.masks;
  }

  private mask(slice: number): Uint8Array {
    const known = this.masks.get(slice);
    const mask = known ?? new Uint8Array(this.area.rows * this.area.columns);
    if (!known) this.masks.set(slice, mask);
    return mask;
  }

  private changed(slice: number): void {
    this.untold.set(slice, ++this.version);
  }

  private remember(slices: Set<number>): void {
    this.before.push(new Map([...slices].map((slice) => [slice, this.runs(slice)])));
    if (this.before.length > KEPT_STROKES) this.before.shift();
  }

  private runs(slice: number): Runs {
    const mask = this.masks.get(slice) ?? new Uint8Array();
    const runs: Runs = [];
    let start = 0;
    for (let place = 0; place <= mask.length; place++) {
      const inside = place < mask.length && mask[place] === 1;
      if (inside === (runs.length % 2 === 1)) continue;
      runs.push(place - start);
      start = place;
    }
    return runs;
  }

  private maskOf(runs: Runs): Uint8Array {
    const mask = new Uint8Array(this.area.rows * this.area.columns);
    let place = 0;
    runs.forEach((length, number) => {
      if (number % 2) mask.fill(1, place, place + length);
      place += length;
    });
    return mask;
  }
}
