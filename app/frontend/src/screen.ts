// The viewer on the page: what is shown where, out of Streamlit's data and the reader's hands.

import { type Length, drawCaliper, keepLength } from "./caliper";
import { type Choices, buildBar, showBar } from "./controls";
import type { Component, Data, Mode, Side, Tool } from "./data";
import { Engine } from "./engine";
import { Follower } from "./follower";
import { listenKeys, listenPointers } from "./gestures";
import { followHands } from "./hands";
import { Held } from "./held";
import { Layers } from "./layers";
import { drawEdges, drawTiles } from "./marks";
import { Own } from "./own";
import type { Pane, Scene } from "./pane";
import { Stack } from "./stack";
import { setView, viewOf, within } from "./view";

const OWN_OPACITY = 0.5; // in three planes and in depth, so that the AI's is seen through it
const DRAWING: Tool[] = ["pen", "erase"];

// What the reader chose stays chosen from scan to scan.
const hands = { tool: "window" as Tool, hidden: false };
const modes = new Map<string, Mode>();

export class Viewer {
  readonly panes: HTMLElement[];
  readonly engine: Engine;
  readonly stack = new Stack(() => this.refresh());
  readonly own: Own;
  readonly held: Held;
  private readonly layers = new Layers();
  turn: Scene["turn"] = [150, 15];
  scale = 1;
  window = new Follower<[number, number]>([0, 1]);
  private component!: Component;
  private readonly bar: HTMLElement;
  private readonly sides: HTMLElement[];
  private readonly listeners = new AbortController();
  private readonly resized = new ResizeObserver(() => this.refresh());
  private frame = 0;

  constructor(private readonly root: HTMLElement) {
    const { signal } = this.listeners;
    this.bar = root.querySelector<HTMLElement>(".bar")!;
    this.sides = [...root.querySelectorAll<HTMLElement>(".side")];
    this.panes = this.sides.map((side) => side.querySelector<HTMLElement>(".pane")!);
    const canvases = this.panes.map((pane) => pane.querySelector("canvas")!);
    const told = { loaded: () => this.refresh(), failed: (error: unknown) => this.fail(error) };
    this.engine = new Engine(canvases, told, signal);
    this.own = new Own(() => this.refresh(), signal);
    this.held = new Held(this, signal);
    this.panes.forEach((pane, number) => {
      listenPointers(this, pane, number, signal);
      this.resized.observe(pane);
    });
    listenKeys(this, signal);
    followHands(() => this.data.hands, (name, value) => this.follow(name, value), signal);
  }

  get data(): Data {
    return this.component.data;
  }

  get mode(): Mode {
    return (this.data.volume?.patient && modes.get(this.data.id)) || "slices";
  }

  get tool(): Tool {
    return hands.tool;
  }

  show(component: Component): void {
    const before = this.component?.data;
    const data = component.data;
    this.component = component;
    this.own.show(component);
    this.layers.hear(data.look);
    this.stack.show(component);
    if (before?.window.key !== data.window.key)
      this.window = new Follower<[number, number]>([data.window.center, data.window.width]);
    this.window.hear([data.window.center, data.window.width]);
    if (!before) this.build();
    this.drawMarks();
    this.load();
    this.refresh();
  }

  private build(): void {
    buildBar(this.bar, this.data.words, {
      mode: (mode) => this.setMode(mode),
      tool: (tool) => this.setTool(tool),
      reset: () => this.reset(),
      hide: () => this.hide(),
      hideOwn: () => this.own.hide(),
      resize: (steps) => this.own.resize(steps),
      undo: () => this.own.undo(),
      redo: () => this.own.redo(),
      keep: () => this.own.keep(),
      start: (from) => this.own.start(from),
    });
  }

  private drawMarks(): void {
    const { data, root } = this;
    this.layers.draw(root, data);
    for (const pane of this.panes) {
      pane.querySelector(".corner")!.textContent = data.corner;
      drawEdges(pane, data.letters);
    }
    root.querySelector<HTMLElement>(".ramp")!.style.background =
      `linear-gradient(to top, ${data.scale})`;
  }

  private load(): void {
    this.engine.load(this.data, this.mode, this.own.drawing);
  }

  // What the reader's hand does on the page's own controls, before Streamlit answers.
  private follow(name: string, value: number): void {
    const [center, width] = this.window.value;
    if (name === "center" || name === "width") {
      if (name === "center") this.setWindow(value, width);
      else this.setWindow(center, value);
      this.window.tell(); // by the slider, not by the viewer
    } else {
      this.layers.take(name, value);
      this.drawMarks();
    }
    this.refresh();
  }

  // Streamlit draws pictures from here on.
  private fail(error: unknown): void {
    if (!this.listeners.signal.aborted) this.component.setTriggerValue("failed", String(error));
  }

  close(): void {
    this.listeners.abort();
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    this.engine.close();
  }

  setMode(mode: Mode): void {
    if (!this.data.volume?.patient) return;
    modes.set(this.data.id, mode);
    this.stack.follow();
    this.load();
    this.refresh();
  }

  // Whether dragging draws or erases.
  get draws(): boolean {
    return this.mode === "slices" && this.own.editable && DRAWING.includes(hands.tool);
  }

  setTool(tool: Tool): boolean {
    if (DRAWING.includes(tool) && !this.own.editable) return false;
    hands.tool = tool;
    this.refresh();
    return this.engine.panes.length > 0;
  }

  hide(): boolean {
    hands.hidden = !hands.hidden;
    this.refresh();
    return true;
  }

  reset(): boolean {
    setView(this.data.id, { zoom: 1, x: 0.5, y: 0.5 });
    keepLength(this.data.id, null);
    [this.turn, this.scale] = [[150, 15], 1];
    this.setWindow(...this.data.window.start);
    this.tellWindow();
    return true;
  }

  measure(length: Length | null): void {
    keepLength(this.data.id, length);
    this.refresh();
  }

  setWindow(center: number, width: number): void {
    const { low, high, narrowest, widest } = this.data.window;
    this.window.value = [within(center, low, high), within(width, narrowest, widest)];
    this.refresh();
  }

  tellWindow(): void {
    const { key } = this.data.window;
    if (this.data.volume && this.window.tell())
      this.component.setTriggerValue("window", [key, ...this.window.value]);
  }

  // Size of the whole picture in a pane at the present zoom, true to the pixel aspect.
  pictureSize(pane: HTMLElement): [number, number] {
    const { columns, rows, aspect, id } = this.data;
    const fit = Math.min(pane.clientWidth / columns, pane.clientHeight / (rows * aspect));
    const { zoom } = viewOf(id);
    return [columns * fit * zoom, rows * aspect * fit * zoom];
  }

  refresh(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    if (this.listeners.signal.aborted) return; // what was under way when the viewer left
    const { data, root } = this;
    const away = this.mode === "slices" && this.stack.away;
    const { loaded } = this.engine;
    root.classList.toggle("away", away);
    root.classList.toggle("unmarked", hands.hidden);
    Object.assign(root.dataset, {
      mode: this.mode,
      tool: hands.tool,
      engine: data.volume ? "niivue" : "pictures",
      ready: String(loaded),
      slice: this.stack.number,
      window: this.window.value.join(" "),
      zoom: viewOf(data.id).zoom.toFixed(3),
    });
    this.sides.forEach((side, number) => this.place(side, this.panes[number]!, away));
    const heat = data.heat && this.layers.shows("heat");
    const marked = heat && this.mode === "slices" && !hands.hidden && !away;
    root.querySelector<HTMLElement>(".scale")!.style.visibility = marked ? "visible" : "hidden";
    showBar(this.bar, data.words, this.choices());
    if (loaded) this.engine.panes.forEach((pane, number) => this.paint(pane, number, away));
  }

  private choices(): Choices {
    const { volume, words } = this.data;
    const [center, width] = this.window.value.map((level) => Number(level.toPrecision(4)));
    return {
      mode: this.mode,
      tool: hands.tool,
      hidden: hands.hidden,
      held: this.held.what,
      modes: Boolean(volume?.patient),
      drawn: Boolean(volume),
      draws: this.draws,
      own: this.own.choices,
      place: volume ? this.stack.place : "",
      window: `${words.window} ${center} / ${width}`,
    };
  }

  private place(side: HTMLElement, pane: HTMLElement, away: boolean): void {
    const { data } = this;
    const caption = this.caption(side.dataset.side as Side, away);
    side.querySelector("figcaption")!.textContent = caption;
    pane.setAttribute("aria-label", `${caption}. ${data.corner}`);
    const [width, height] = this.pictureSize(pane);
    const { x, y } = viewOf(data.id);
    const stage = pane.querySelector<HTMLElement>(".stage")!;
    stage.style.width = `${width}px`;
    stage.style.height = `${height}px`;
    stage.style.left = `${pane.clientWidth / 2 - x * width}px`;
    stage.style.top = `${pane.clientHeight / 2 - y * height}px`;
    drawCaliper(stage, this.stack.number, data);
    this.held.draw(stage);
    this.own.draw(stage, data.volume ? this.stack.number : (data.own?.number ?? 1));
  }

  // Whether the mask of the whole series is there and switched on.
  private get masked(): boolean {
    return this.data.mask !== null && this.layers.shows("mask");
  }

  private caption(side: Side, away: boolean): string {
    const { captions, words } = this.data;
    if (side === "raw") return captions.raw;
    if (hands.hidden) return words.hidden;
    if (this.mode !== "slices") return this.masked ? captions.series : captions.bare;
    if (away) return captions.moving;
    return this.layers.shows("heat") ? captions.heat : captions.ai;
  }

  private paint(pane: Pane, number: number, away: boolean): void {
    const { data, mode } = this;
    const shown = number === 1 && !hands.hidden && (mode !== "slices" || away);
    const [center, width] = this.window.value;
    const scene: Scene = {
      mode,
      at: mode === "slices" ? [0.5, 0.5, this.stack.share] : this.stack.at,
      ...viewOf(data.id),
      turn: this.turn,
      scale: this.scale,
      marks: shown && this.masked ? this.layers.opacity("mask") : 0,
      own: number === 1 && mode !== "slices" && this.own.shown ? OWN_OPACITY : 0,
    };
    pane.draw(scene, center, width, data.mask?.style ?? "fill");
    const tiles = mode === "planes" ? pane.tiles() : [];
    drawTiles(this.panes[number]!.querySelector(".tiles")!, tiles, data);
  }
}
