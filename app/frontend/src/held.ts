// The pictures without a mouse. Enter on a picture with the focus takes hold: of a point to measure
// or draw with, else of what dragging with the chosen tool changes. Arrows then move that.

import type { Point } from "./caliper";
import { along, pan, turn, windowing } from "./gestures";
import { onKeys } from "./keys";
import type { Viewer } from "./screen";
import { viewOf, within } from "./view";

const FAR = 10; // arrows that one with Shift stands for
const DRAG_PX = 4; // pixels of dragging that an arrow stands for
const MARGIN_PX = 20; // between the point and the edge of what is shown
const REST_MS = 300; // without an arrow
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
// The patient's axes along and down a slice, by the one that the slices lie along.
const IN_SLICE: [number, number][] = [[1, 2], [0, 2], [0, 1]];

export class Held {
  private pane: HTMLElement | null = null;
  private of = ""; // what it was when it was taken hold of
  private at: Point = { row: 0, column: 0 };
  private scan = ""; // that the point was set on last
  private begun: Point | null = null; // first end of a length, or where the pen came down
  private timer = 0;

  // Before the viewer's other keys, which have arrows too.
  constructor(private readonly viewer: Viewer, signal: AbortSignal) {
    const enter = (event: KeyboardEvent): boolean => this.enter(event);
    const move = (event: KeyboardEvent): boolean => this.move(event);
    const arrows = Object.fromEntries(Object.keys(ARROWS).map((key) => [key, move]));
    onKeys({ ...arrows, Enter: enter, " ": enter, Escape: () => this.release() }, signal);
    for (const pane of viewer.panes) {
      pane.addEventListener("blur", () => this.release(), { signal });
      pane.addEventListener("pointerdown", () => this.release(), { signal, capture: true });
    }
  }

  // What the arrows move.
  get what(): "" | "point" | "rest" {
    if (!this.pane) return "";
    return this.pointed ? "point" : "rest";
  }

  // The point in one of the pictures; it is let go once another slice, scan or tool is there.
  draw(stage: HTMLElement): void {
    if (this.pane && this.of !== this.now) this.release();
    const { rows, columns } = this.viewer.data;
    const mark = stage.querySelector<HTMLElement>(".point")!;
    mark.hidden = this.what !== "point";
    mark.classList.toggle("down", this.begun !== null);
    mark.style.left = `${(100 * (this.at.column + 0.5)) / columns}%`;
    mark.style.top = `${(100 * (this.at.row + 0.5)) / rows}%`;
  }

  private get pointed(): boolean {
    const { viewer } = this;
    const measures = viewer.tool === "measure" && viewer.data.volume !== null;
    return viewer.mode === "slices" && (measures || viewer.draws);
  }

  private get now(): string {
    const { data, stack, mode, tool } = this.viewer;
    return [data.id, stack.number, mode, tool].join();
  }

  private enter(event: KeyboardEvent): boolean {
    if (this.pane) return event.repeat || (this.pointed ? this.set() : this.release());
    const pane = this.viewer.panes.find((one) => one === event.composedPath()[0]);
    if (!pane || event.key !== "Enter") return false;
    [this.pane, this.of] = [pane, this.now];
    pane.classList.add("held");
    if (this.pointed) this.put(this.start);
    this.viewer.refresh();
    return true;
  }

  // Where the point was on this scan, else the middle of what is shown.
  private get start(): Point {
    const { id, rows, columns } = this.viewer.data;
    if (this.scan === id) return this.at;
    const { x, y } = viewOf(id);
    this.scan = id;
    return { row: Math.round(y * rows - 0.5), column: Math.round(x * columns - 0.5) };
  }

  // Ends what was begun at another point, or begins here.
  private set(): boolean {
    const { viewer, at, begun } = this;
    this.begun = begun ? null : at;
    if (begun) viewer.own.end();
    else if (viewer.draws) viewer.own.begin(viewer.stack.number, at, viewer.tool === "pen");
    else viewer.measure(null);
    viewer.refresh();
    return true;
  }

  private move(event: KeyboardEvent): boolean {
    if (!this.pane) return false;
    const [right, down] = ARROWS[event.key]!.map((way) => way * (event.shiftKey ? FAR : 1));
    const { row, column } = this.at;
    if (this.pointed) this.put({ row: row + down!, column: column + right! });
    else this.drag(this.pane, right!, down!);
    return true;
  }

  private put({ row, column }: Point): void {
    const { viewer, begun } = this;
    const { rows, columns, words } = viewer.data;
    const at = { row: within(row, 0, rows - 1), column: within(column, 0, columns - 1) };
    this.at = at;
    if (begun && viewer.draws) viewer.own.stroke(at);
    else if (begun) viewer.measure({ slice: viewer.stack.number, from: begun, to: at });
    if (viewer.draws) viewer.own.point(at);
    this.keepInSight(this.pane!);
    this.pane!.closest(".viewer")!.querySelector(".said")!.textContent = words.point
      .replace("{row}", String(at.row + 1))
      .replace("{column}", String(at.column + 1));
  }

  // Moves a zoomed picture where the point would leave it.
  private keepInSight(pane: HTMLElement): void {
    const { viewer, at } = this;
    const { id, rows, columns } = viewer.data;
    const { x, y } = viewOf(id);
    const [width, height] = viewer.pictureSize(pane);
    const beyond = (place: number, size: number): number =>
      place - within(place, MARGIN_PX - size / 2, size / 2 - MARGIN_PX);
    const right = beyond(((at.column + 0.5) / columns - x) * width, pane.clientWidth);
    const down = beyond(((at.row + 0.5) / rows - y) * height, pane.clientHeight);
    pan(viewer, pane, -right, -down);
  }

  // What dragging so far with the mouse does. Streamlit is told of a window that rests.
  private drag(pane: HTMLElement, right: number, down: number): void {
    const { viewer } = this;
    const { volume } = viewer.data;
    const [dx, dy] = [right * DRAG_PX, down * DRAG_PX];
    if (viewer.mode === "planes") {
      const [across, up] = IN_SLICE[volume!.patient!.axis]!;
      along(viewer, viewer.panes.indexOf(pane), across, -right);
      along(viewer, viewer.panes.indexOf(pane), up, -down);
    } else if (viewer.mode === "render") turn(viewer, dx, dy);
    else if (!volume || viewer.tool === "pan") pan(viewer, pane, dx, dy);
    else windowing(viewer, dx, dy);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => viewer.tellWindow(), REST_MS);
  }

  private release(): boolean {
    const { pane, viewer } = this;
    if (!pane) return false;
    [this.pane, this.begun] = [null, null];
    pane.classList.remove("held");
    clearTimeout(this.timer);
    viewer.own.end();
    viewer.own.point(null);
    viewer.tellWindow();
    viewer.refresh();
    return true;
  }
}
