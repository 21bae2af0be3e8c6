// The reader's own outline on the page: pen, eraser, undo, its line, and what Streamlit is told.
//
// Strokes stay here until the reader rests or keeps them, so that no stroke waits for the server.

import { border } from "./brush";
import type { Point } from "./caliper";
import type { OwnChoices } from "./controls";
import type { Component, Data, Start } from "./data";
import { Drawing } from "./drawing";
import { drawLines } from "./marks";

const PAUSE_MS = 1200; // without a stroke
const DRAWN = "sulcus-drawn"; // what `drawn.js` listens to
const SIZES = [1, 3, 5, 9, 15, 25, 41]; // of the pen, in pixels across
const drawings = new Map<string, Drawing>();
const hands = { size: 5, hidden: false };

export class Own {
  private component!: Component;
  private slice = 0; // that is drawn on at this moment, else 0
  private inside = true;
  private at: Point | null = null;
  private traced = { of: "", path: "" };
  private timer = 0;

  constructor(private readonly refresh: () => void, signal: AbortSignal) {
    window.addEventListener("beforeunload", (event) => this.ask(event), { signal });
  }

  show(component: Component): void {
    this.component = component;
    const { rows, columns, aspect, own } = component.data;
    if (!own) return;
    if (!drawings.has(this.key)) drawings.set(this.key, new Drawing({ rows, columns, aspect }));
    this.drawing!.hear(own);
    if (this.drawing!.told !== this.drawing!.version) this.tellSoon();
  }

  get drawing(): Drawing | undefined {
    return this.data.own ? drawings.get(this.key) : undefined;
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
    const drawing = this.drawing!;
    return {
      ...hands,
      undoable: drawing.undoable,
      redoable: drawing.redoable,
      startable: own.startable,
      any: drawing.slices.size > 0,
      unkept: drawing.unkept,
      filled: drawing.filled,
      locked: own.locked,
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
    return this.editable && !this.slice && this.drawing!.undo() && this.changed();
  }

  redo(): boolean {
    return this.editable && !this.slice && this.drawing!.redo() && this.changed();
  }

  // Begins anew; what was drawn comes back by undo.
  start(from: Start | "kept"): void {
    clearTimeout(this.timer);
    this.drawing!.told = this.drawing!.version;
    this.component.setTriggerValue("start", [this.data.id, from]);
  }

  keep(): void {
    clearTimeout(this.timer);
    this.component.setTriggerValue("keep", [this.data.id, ...this.drawing!.message()]);
  }

  begin(slice: number, at: Point, inside: boolean): void {
    clearTimeout(this.timer);
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
    this.changed();
  }

  // Where the pen is, for the ring of its size; null where there is none.
  point(at: Point | null): void {
    if (!at && !this.at) return;
    this.at = at;
    this.drawn();
  }

  // The line of a slice and the ring of the pen.
  draw(stage: HTMLElement, slice: number): void {
    const { rows, columns, aspect, own } = this.data;
    const svg = stage.querySelector<SVGElement>('[data-layer="own"]')!;
    const mask = this.shown && this.drawing?.slices.get(slice);
    const path = mask ? this.trace(slice, mask) : "";
    drawLines(svg, own && path ? [{ ...own.line, path }] : [], this.data);
    const ring = stage.querySelector<HTMLElement>(".ring")!;
    ring.hidden = !this.at;
    if (!this.at) return;
    ring.style.left = `${(100 * (this.at.column + 0.5)) / columns}%`;
    ring.style.top = `${(100 * (this.at.row + 0.5)) / rows}%`;
    ring.style.width = `${(100 * hands.size) / columns}%`;
    ring.style.height = `${(100 * hands.size) / (rows * aspect)}%`;
  }

  private get data(): Data {
    return this.component.data;
  }

  // A scan that was closed and opened again is drawn on anew.
  private get key(): string {
    return `${this.data.id} ${this.data.own?.since}`;
  }

  private trace(slice: number, mask: Uint8Array): string {
    const of = `${this.key} ${slice} ${this.drawing!.version}`;
    if (of !== this.traced.of) this.traced = { of, path: border(mask, this.data) };
    return this.traced.path;
  }

  private changed(): boolean {
    this.tellSoon();
    return this.drawn();
  }

  private tellSoon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.tell(), PAUSE_MS);
  }

  // For the sizes beside the AI's. Where nobody listens it is told when Streamlit draws next.
  private tell(): void {
    const drawing = this.drawing;
    if (!drawing || drawing.told === drawing.version) return;
    const before = drawing.told;
    const detail = [this.data.id, ...drawing.message()];
    const event = new CustomEvent(DRAWN, { detail, cancelable: true });
    if (document.dispatchEvent(event)) drawing.told = before; // nobody took it
  }

  // Before the page goes, and what was drawn with it.
  private ask(event: BeforeUnloadEvent): void {
    if (this.component && this.drawing?.unkept) event.preventDefault();
  }

  private drawn(): boolean {
    this.refresh();
    return true;
  }
}
