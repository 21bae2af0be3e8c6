// What the mouse and the keys do.

import type { Point } from "./caliper";
import { onKeys } from "./keys";
import type { Viewer } from "./screen";
import { setView, viewOf, within, zoomed } from "./view";

const NOTCH = 50; // least pixels of scrolling that stand for one slice
const WINDOW_DRAG = 512; // pixels of dragging that stand for all grey levels
const PLANE_AXES: Record<string, number> = { axial: 2, coronal: 1, sagittal: 0 };

type Drag = (event: PointerEvent) => void;

export function listenKeys(viewer: Viewer, signal: AbortSignal): void {
  const zoom = (factor: number) => (): boolean => {
    zoomAt(viewer, viewer.panes[0]!, factor);
    return true;
  };
  onKeys(
    {
      h: () => viewer.hide(),
      w: () => viewer.setTool("window"),
      p: () => viewer.setTool("pan"),
      m: () => viewer.setTool("measure"),
      d: () => viewer.setTool("pen"),
      e: () => viewer.setTool("erase"),
      u: () => viewer.own.undo(),
      "Ctrl+z": () => viewer.own.undo(),
      y: () => viewer.own.redo(),
      "Ctrl+y": () => viewer.own.redo(),
      o: () => viewer.own.hide(),
      "[": () => viewer.own.resize(-1),
      "]": () => viewer.own.resize(1),
      "+": zoom(1.25),
      "=": zoom(1.25),
      "-": zoom(0.8),
      "0": () => viewer.reset(),
      ArrowUp: () => viewer.stack.step(1),
      ArrowDown: () => viewer.stack.step(-1),
    },
    signal,
  );
}

export function listenPointers(
  viewer: Viewer, pane: HTMLElement, number: number, signal: AbortSignal,
): void {
  const on = <K extends keyof HTMLElementEventMap>(
    type: K, action: (event: HTMLElementEventMap[K]) => void,
  ): void => pane.addEventListener(type, action, { passive: false, signal });
  let drag: Drag | null = null;
  on("wheel", (event) => {
    event.preventDefault();
    wheel(viewer, pane, number, event);
  });
  on("contextmenu", (event) => event.preventDefault());
  on("dblclick", () => viewer.reset());
  on("pointerdown", (event) => {
    pane.setPointerCapture(event.pointerId);
    drag = dragOf(viewer, pane, number, event);
    if (viewer.mode === "planes") drag(event);
  });
  on("pointermove", (event) => {
    viewer.own.point(viewer.draws ? pointOf(viewer, pane, event) : null);
    if (pane.hasPointerCapture(event.pointerId)) drag?.(event);
  });
  on("pointerleave", () => viewer.own.point(null));
  for (const end of ["pointerup", "pointercancel"] as const)
    on(end, () => {
      drag = null;
      viewer.own.end();
      viewer.tellWindow();
    });
}

function dragOf(viewer: Viewer, pane: HTMLElement, number: number, start: PointerEvent): Drag {
  const other = start.button !== 0 || start.shiftKey;
  if (viewer.mode === "slices") {
    if (!viewer.data.volume || other || viewer.tool === "pan")
      return (event) => pan(viewer, pane, event.movementX, event.movementY);
    if (viewer.tool === "measure") return measuring(viewer, pane, start);
    if (viewer.draws) return drawing(viewer, pane, start);
  } else if (!other)
    return viewer.mode === "planes"
      ? pointing(viewer, pane, number)
      : (event) => turn(viewer, event.movementX, event.movementY);
  return (event) => windowing(viewer, event.movementX, event.movementY);
}

export function windowing(viewer: Viewer, dx: number, dy: number): void {
  const { low, high } = viewer.data.window;
  const gain = (high - low) / WINDOW_DRAG;
  const [center, width] = viewer.window.value;
  viewer.setWindow(center + dy * gain, width + dx * gain);
}

export function turn(viewer: Viewer, dx: number, dy: number): void {
  const [azimuth, elevation] = viewer.turn;
  viewer.turn = [azimuth - dx / 2, within(elevation + dy / 2, -90, 90)];
  viewer.refresh();
}

function pointing(viewer: Viewer, pane: HTMLElement, number: number): Drag {
  return (event) => {
    const box = pane.getBoundingClientRect();
    const at = viewer.engine.panes[number]?.at(event.clientX - box.left, event.clientY - box.top);
    if (at) viewer.stack.goTo(at);
  };
}

function measuring(viewer: Viewer, pane: HTMLElement, start: PointerEvent): Drag {
  const from = pointOf(viewer, pane, start);
  viewer.measure(null);
  return (event) =>
    viewer.measure({ slice: viewer.stack.number, from, to: pointOf(viewer, pane, event) });
}

function drawing(viewer: Viewer, pane: HTMLElement, start: PointerEvent): Drag {
  const inside = viewer.tool === "pen";
  viewer.own.begin(viewer.stack.number, pointOf(viewer, pane, start), inside);
  return (event) => {
    for (const one of event.getCoalescedEvents?.() ?? [event])
      viewer.own.stroke(pointOf(viewer, pane, one));
  };
}

function pointOf(viewer: Viewer, pane: HTMLElement, event: PointerEvent): Point {
  const box = pane.querySelector(".stage")!.getBoundingClientRect();
  const { rows, columns } = viewer.data;
  return {
    row: ((event.clientY - box.top) / box.height) * rows - 0.5,
    column: ((event.clientX - box.left) / box.width) * columns - 0.5,
  };
}

let rolled = 0;

// Notches of a wheel, or as many as the finger moved on a pad.
function notches(event: WheelEvent): number {
  if (event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL || Math.abs(event.deltaY) >= NOTCH) {
    rolled = 0;
    return -Math.sign(event.deltaY);
  }
  rolled += event.deltaY;
  if (Math.abs(rolled) < NOTCH) return 0;
  const turned = -Math.sign(rolled);
  rolled = 0;
  return turned;
}

function wheel(viewer: Viewer, pane: HTMLElement, number: number, event: WheelEvent): void {
  const factor = Math.exp(-event.deltaY / 500);
  const box = pane.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  if (viewer.mode === "planes") across(viewer, number, [x, y], notches(event));
  else if (viewer.mode === "slices" && viewer.stack.scrolls && !event.ctrlKey)
    viewer.stack.step(notches(event));
  else zoomAt(viewer, pane, factor, [x - box.width / 2, y - box.height / 2]);
}

// Moves the plane under the mouse.
function across(viewer: Viewer, number: number, [x, y]: [number, number], steps: number): void {
  const pane = viewer.engine.panes[number];
  const tile = pane?.tiles().find(
    (one) => x >= one.left && x < one.left + one.width && y >= one.top && y < one.top + one.height,
  );
  if (tile && steps) along(viewer, number, PLANE_AXES[tile.plane]!, steps);
}

// Moves the crosshair some voxels along one of the patient's axes.
export function along(viewer: Viewer, number: number, axis: number, steps: number): void {
  const pane = viewer.engine.panes[number];
  if (!pane?.ready) return;
  const half = 0.5 / pane.voxels[axis]!;
  const at: [number, number, number] = [...viewer.stack.at];
  at[axis] = within(at[axis]! + 2 * half * steps, half, 1 - half);
  viewer.stack.goTo(at);
}

function zoomAt(
  viewer: Viewer, pane: HTMLElement, factor: number, at: [number, number] = [0, 0],
): void {
  const { id } = viewer.data;
  if (viewer.mode === "render") viewer.scale = within(viewer.scale * factor, 0.5, 4);
  else setView(id, zoomed(viewOf(id), factor, at, viewer.pictureSize(pane)));
  viewer.refresh();
}

export function pan(viewer: Viewer, pane: HTMLElement, dx: number, dy: number): void {
  const { id } = viewer.data;
  const [width, height] = viewer.pictureSize(pane);
  const { zoom, x, y } = viewOf(id);
  setView(id, { zoom, x: x - dx / width, y: y - dy / height });
  viewer.refresh();
}
