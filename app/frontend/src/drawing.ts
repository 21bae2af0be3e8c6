// What the reader draws: a mask of each slice in scan pixels. Streamlit is told it as runs: lengths
// of stretches outside and inside in turn, row by row, up to the last pixel inside.
//
// NiiVue's own drawing is one bitmap of the whole volume, sent to the graphics card anew with every
// stroke, and its pen is square; so it only shows these masks in three planes and in depth.

import type { Point } from "./caliper";
import { type Area, disc, enclosed, line } from "./brush";
import type { Own, Start } from "./data";

export type Runs = number[];
export type Message = [string, Start, Record<string, Runs>];

// Some slices as they were, and what the drawing had started from then.
interface Step {
  begun: Start;
  slices: Map<number, Runs>;
}

const KEPT_STEPS = 50;
const MINE = crypto.getRandomValues(new Uint32Array(2)).join("-");

export class Drawing {
  version = 0; // changes with every change
  told = 0; // version that Streamlit was told last
  private known = { stamp: "", version: 0 }; // what Streamlit has
  private kept: number | null = 0; // version that is kept; 0 while there is nothing to keep
  private begun: Start = "empty";
  private readonly masks = new Map<number, Uint8Array>();
  private readonly before: Step[] = []; // what each of the last strokes replaced
  private readonly after: Step[] = []; // likewise of those that were undone
  private points: Point[] = [];

  constructor(private readonly area: Area) {}

  // Streamlit's drawing, taken over where it is none that was told from here.
  hear(own: Own): void {
    if (own.stamp !== this.known.stamp) {
      const [from, version] = own.stamp.split(":");
      if (from !== MINE) this.take(own);
      this.known = { stamp: own.stamp, version: from === MINE ? Number(version) : this.version };
    }
    this.kept = own.kept ? this.known.version : null;
  }

  // Whether there is anything that the reader neither kept nor discarded.
  get unkept(): boolean {
    return this.version !== this.kept;
  }

  get filled(): boolean {
    return [...this.masks.values()].some((mask) => mask.includes(1));
  }

  // All of it, whatever was told before: what is on screen is what is kept.
  message(): Message {
    this.told = this.version;
    const slices = [...this.masks.keys()].map((slice) => [slice, this.runs(slice)]);
    return [`${MINE}:${this.version}`, this.begun, Object.fromEntries(slices)];
  }

  begin(slice: number, at: Point): void {
    this.remember([slice]);
    this.points = [at];
  }

  // Goes on with the pen or the eraser to a point.
  stroke(slice: number, to: Point, size: number, inside: boolean): void {
    const mask = this.mask(slice);
    for (const at of line(this.points.at(-1)!, to)) disc(mask, this.area, at, size, inside);
    this.points.push(to);
    this.version++;
  }

  // A stroke that ends where it began fills, or clears, what it goes around.
  end(slice: number, size: number, inside: boolean): void {
    enclosed(this.mask(slice), this.area, this.points, size, inside);
    this.version++;
  }

  undo(): boolean {
    return this.step(this.before, this.after);
  }

  redo(): boolean {
    return this.step(this.after, this.before);
  }

  get undoable(): boolean {
    return this.before.length > 0;
  }

  get redoable(): boolean {
    return this.after.length > 0;
  }

  get slices(): Map<number, Uint8Array> {
    return this.masks;
  }

  private take({ slices, begun }: Own): void {
    const coming = new Map(Object.entries(slices).map(([slice, runs]) => [Number(slice), runs]));
    if (this.version) this.remember([...this.masks.keys(), ...coming.keys()]);
    this.masks.clear();
    for (const [slice, runs] of coming) this.masks.set(slice, this.maskOf(runs));
    this.begun = begun;
    this.told = ++this.version;
  }

  private mask(slice: number): Uint8Array {
    const known = this.masks.get(slice);
    const mask = known ?? new Uint8Array(this.area.rows * this.area.columns);
    if (!known) this.masks.set(slice, mask);
    return mask;
  }

  private remember(slices: Iterable<number>): void {
    this.before.push(this.copy(slices));
    this.after.length = 0;
    if (this.before.length > KEPT_STEPS) this.before.shift();
  }

  private copy(slices: Iterable<number>): Step {
    const copied = new Map([...slices].map((slice) => [slice, this.runs(slice)]));
    return { begun: this.begun, slices: copied };
  }

  // Takes the last of some steps, and puts what it replaces onto the other ones.
  private step(from: Step[], to: Step[]): boolean {
    const last = from.pop();
    if (!last) return false;
    to.push(this.copy(last.slices.keys()));
    for (const [slice, runs] of last.slices) this.masks.set(slice, this.maskOf(runs));
    this.begun = last.begun;
    this.version++;
    return true;
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
