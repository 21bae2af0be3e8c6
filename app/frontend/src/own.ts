// The reader's own outline on the page: pen, eraser, undo, its line, and what Streamlit is told.

import { border } from "./brush";
import type { Point } from "./caliper";
import type { OwnChoices } from "./controls";
import type { Component, Data, Start } from "./data";
import { Drawing } from "./drawing";
import { drawOwn } from "./marks";

const SIZES = [1, 3, 5, 9, 15, 25, 41]; // of the pen, in pixels across
const drawings = new Map<string, Drawing>();
const hands = { size: 5, hidden: false };

export class Own {
  private component!: Component;
  private slice = 0; // that is drawn on at this moment, else 0
  private inside = true;
  private at: Point | null = null;
  private traced = { of: "", path: "" };

  constructor(private readonly refresh: () => void) {}

  show(component: Component): void {
    this.component = component;
    const { id, rows, columns, aspect, own } = component.data;
    if (!own) return;
    if (!drawings.has(id)) drawings.set(id, new Drawing({ rows, columns, aspect }));
    this.drawing!.hear(own.stamp, own.slices);
  }

  get drawing(): Drawing | undefined {
    return this.data.own ? drawings.get(this.data.id) : undefined;
  }

  get editable(): boolean {
    return Boolean(this.data.own?.editable && this.data.volume);
  }

  get shown(): boolean {
    return Boolean(this.data.own?.shown) && !hands.hidden;
  }

  get choices(): OwnChoices | null {
    const { own } = this.data;
    if (!own || !this.editable) return null;
    return {
      ...hands,
      undoable: this.drawing!.undoable,
      startable: own.startable,
      any: this.drawing!.slices.size > 0,
    };
  }

  hide(): boolean {
    hands.hidden = !hands.hidden;
    return this.drawn();
  }

  resize(steps: number): boolean {
    const place = SIZES.indexOf(hands.size) + steps;
    hands.size = SIZES[Math.min(Math.max(place, 0), SIZES.length - 1)]!;
    return this.drawn();
  }

  undo(): boolean {
    if (!this.editable || this.slice || !this.drawing!.undo()) return false;
    this.tell();
    return this.drawn();
  }

  start(from: Start): void {
    this.component.setTriggerValue("start", [this.data.id, from]);
  }

  begin(slice: number, at: Point, inside: boolean): void {
    [this.slice, this.inside, hands.hidden] = [slice, inside, false];
    this.drawing!.begin(slice, at);
    this.stroke(at);
  }

  stroke(to: Point): void {
    if (!this.slice) return;
    this.drawing!.stroke(this.slice, to, hands.size, this.inside);
    this.drawn();
  }

  end(): void {
    if (!this.slice) return;
    this.drawing!.end(this.slice, hands.size, this.inside);
    this.slice = 0;
    this.tell();
    this.drawn();
  }

  // Where the pen is, for the ring of its size; null where there is none.
  point(at: Point | null): void {
    if (!at && !this.at) return;
    this.at = at;
    this.drawn();
  }

  // The line of a slice and the ring of the pen.
  draw(stage: HTMLElement, slice: number): void {
    const line = stage.querySelector<SVGElement>('[data-layer="own"]')!;
    const mask = this.shown && this.drawing?.slices.get(slice);
    drawOwn(line, mask ? this.trace(slice, mask) : "", this.data);
    const ring = stage.querySelector<HTMLElement>(".ring")!;
    ring.hidden = !this.at;
    if (!this.at) return;
    const { rows, columns, aspect } = this.data;
    ring.style.left = `${(100 * (this.at.column + 0.5)) / columns}%`;
    ring.style.top = `${(100 * (this.at.row + 0.5)) / rows}%`;
    ring.style.width = `${(100 * hands.size) / columns}%`;
    ring.style.height = `${(100 * hands.size) / (rows * aspect)}%`;
  }

  private get data(): Data {
    return this.component.data;
  }

  private trace(slice: number, mask: Uint8Array): string {
    const of = `${this.data.id} ${slice} ${this.drawing!.version}`;
    if (of !== this.traced.of) this.traced = { of, path: border(mask, this.data) };
    return this.traced.path;
  }

  // A state and no trigger: it stays until the next one, so that no stroke is lost.
  private tell(): void {
    this.component.setStateValue("drawn", [this.data.id, ...this.drawing!.message()]);
  }

  private drawn(): boolean {
    this.refresh();
    return true;
  }
}
