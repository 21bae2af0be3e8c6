// The viewer on the page: what is shown where, out of Streamlit's data and the reader's hands.

import { type Length, drawCaliper } from "./caliper";
import { type Choices, buildBar, hint, showBar } from "./controls";
import type { Component, Data, Mode, Side, Tool } from "./data";
import { Follower } from "./follower";
import { listenKeys, listenPointers } from "./gestures";
import { drawEdges, drawLines, drawTags, setImage } from "./marks";
import { Own } from "./own";
import { Pane, type Scene } from "./pane";
import { setView, viewOf } from "./view";
import { bytesOf, onVoxels, placed, unzipped } from "./volumes";

const TELL_SLICE_MS = 200;
const OWN_OPACITY = 0.5; // in three planes and in depth, so that the AI's is seen through it
const DRAWING: Tool[] = ["pen", "erase"];

// What the reader chose stays chosen from scan to scan.
const hands = { tool: "window" as Tool, hidden: false };
const modes = new Map<string, Mode>();
const lengths = new Map<string, Length>();

export class Viewer {
  readonly panes: HTMLElement[];
  at: Scene["at"] = [0.5, 0.5, 0.5];
  turn: Scene["turn"] = [150, 15];
  scale = 1;
  slice = new Follower(1);
  window = new Follower<[number, number]>([0, 1]);
  drawn: Pane[] = [];
  readonly own = new Own(() => this.refresh());
  private component!: Component;
  private readonly sides: HTMLElement[];
  private readonly listeners = new AbortController();
  private readonly resized = new ResizeObserver(() => this.refresh());
  private wanted = "";
  private ready = "";
  private work: Promise<void> = Promise.resolve();
  private timer = 0;
  private frame = 0;

  constructor(private readonly root: HTMLElement) {
    this.sides = [...root.querySelectorAll<HTMLElement>(".side")];
    this.panes = this.sides.map((side) => side.querySelector<HTMLElement>(".pane")!);
    this.panes.forEach((pane, number) => {
      listenPointers(this, pane, number, this.listeners.signal);
      this.resized.observe(pane);
    });
    listenKeys(this, this.listeners.signal);
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

  get scrolls(): boolean {
    return (this.data.volume?.slices ?? 1) > 1;
  }

  show(component: Component): void {
    const before = this.component?.data;
    const data = component.data;
    this.component = component;
    this.own.show(component);
    if (before?.id !== data.id) this.slice = new Follower(data.volume?.number ?? 1);
    if (before?.window.key !== data.window.key)
      this.window = new Follower<[number, number]>([data.window.center, data.window.width]);
    if (data.volume && this.slice.hear(data.volume.number)) this.follow();
    this.window.hear([data.window.center, data.window.width]);
    if (!before) this.build();
    this.drawMarks();
    this.load();
    this.refresh();
  }

  private build(): void {
    buildBar(this.root.querySelector<HTMLElement>(".bar")!, this.data.words, {
      mode: (mode) => this.setMode(mode),
      tool: (tool) => this.setTool(tool),
      reset: () => this.reset(),
      hide: () => this.hide(),
      hideOwn: () => this.own.hide(),
      resize: (steps) => this.own.resize(steps),
      undo: () => this.own.undo(),
      start: (from) => this.own.start(from),
    });
  }

  private drawMarks(): void {
    const { data, root } = this;
    for (const image of root.querySelectorAll("img"))
      setImage(image, data[image.dataset.layer as "raw" | "heat" | "fill"]);
    drawLines(root.querySelector<SVGElement>('[data-layer="lines"]')!, data);
    drawTags(root.querySelector<HTMLElement>('[data-layer="tags"]')!, data);
    for (const pane of this.panes) {
      pane.querySelector(".corner")!.textContent = data.corner;
      drawEdges(pane, data.letters);
    }
    root.querySelector<HTMLElement>(".ramp")!.style.background =
      `linear-gradient(to top, ${data.scale})`;
  }

  // Gives the volume and the mask to NiiVue where they are not there yet.
  private load(): void {
    const { volume, mask } = this.data;
    const header = this.mode === "slices" ? null : (volume?.patient?.header ?? null);
    const drawing = header === null ? undefined : this.own.drawing;
    this.wanted = volume
      ? [volume.address, mask?.address, header, drawing?.version].join()
      : "";
    const wanted = this.wanted;
    if (!volume || wanted === this.ready) return;
    this.work = this.work.then(async () => {
      if (wanted !== this.wanted || wanted === this.ready) return;
      try {
        if (!this.drawn.length) await this.open();
        const scan = placed(await bytesOf(volume.address), header);
        const marked = mask && placed(await unzipped(await bytesOf(mask.address)), header);
        await this.drawn[0]!.load(scan, null, null);
        await this.drawn[1]!.load(scan, marked, mask);
        if (drawing?.slices.size && this.data.own)
          await this.drawn[1]!.loadOwn(onVoxels(scan, drawing.slices), this.data.own.colour);
        this.ready = wanted;
        this.refresh();
      } catch (error) {
        if (wanted === this.wanted) this.fail(error);
      }
    });
  }

  private async open(): Promise<void> {
    const canvases = this.panes.map((pane) => pane.querySelector("canvas")!);
    if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL 2");
    for (const canvas of canvases)
      canvas.addEventListener("webglcontextlost", () => this.fail("context lost"), {
        signal: this.listeners.signal,
      });
    this.drawn = canvases.map((canvas) => new Pane(canvas));
    await Promise.all(this.drawn.map((pane) => pane.open()));
  }

  // Streamlit draws pictures from here on.
  private fail(error: unknown): void {
    if (!this.listeners.signal.aborted) this.component.setTriggerValue("failed", String(error));
  }

  close(): void {
    this.listeners.abort();
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    for (const pane of this.drawn) pane.close();
  }

  setMode(mode: Mode): void {
    if (!this.data.volume?.patient) return;
    modes.set(this.data.id, mode);
    this.follow();
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
    return this.drawn.length > 0;
  }

  hide(): boolean {
    hands.hidden = !hands.hidden;
    this.refresh();
    return true;
  }

  reset(): boolean {
    setView(this.data.id, { zoom: 1, x: 0.5, y: 0.5 });
    lengths.delete(this.data.id);
    [this.turn, this.scale] = [[150, 15], 1];
    this.setWindow(...this.data.window.start);
    this.tellWindow();
    return true;
  }

  measure(length: Length | null): void {
    if (length) lengths.set(this.data.id, length);
    else lengths.delete(this.data.id);
    this.refresh();
  }

  setWindow(center: number, width: number): void {
    const { low, high, narrowest, widest } = this.data.window;
    const within = (value: number, from: number, to: number): number =>
      Math.min(Math.max(value, from), to);
    this.window.value = [within(center, low, high), within(width, narrowest, widest)];
    this.refresh();
  }

  tellWindow(): void {
    const { key } = this.data.window;
    if (this.data.volume && this.window.tell())
      this.component.setTriggerValue("window", [key, ...this.window.value]);
  }

  // Goes some slices further; Streamlit is told when the wheel rests.
  step(slices: number): boolean {
    const { volume } = this.data;
    if (!volume || !this.scrolls) return false;
    this.setSlice(Math.min(Math.max(this.slice.value + slices, 1), volume.slices));
    this.follow();
    return true;
  }

  private setSlice(number: number): void {
    this.slice.value = number;
    clearTimeout(this.timer);
    const { id } = this.data;
    this.timer = window.setTimeout(() => {
      if (this.data.id === id && this.slice.tell())
        this.component.setTriggerValue("slice", [id, this.slice.value]);
    }, TELL_SLICE_MS);
    this.refresh();
  }

  // Puts the crosshair on the slice, along the axis that the slices lie along.
  private follow(): void {
    const { volume } = this.data;
    if (!volume) return;
    const share = (this.slice.value - 0.5) / volume.slices;
    const { axis, forward } = volume.patient ?? { axis: 2, forward: true };
    this.at[axis] = forward ? share : 1 - share;
  }

  // Puts the slice under the crosshair.
  goTo(at: Scene["at"]): void {
    const { volume } = this.data;
    this.at = at;
    if (!volume?.patient) return;
    const { axis, forward } = volume.patient;
    const share = forward ? at[axis]! : 1 - at[axis]!;
    this.setSlice(Math.min(Math.max(Math.ceil(share * volume.slices), 1), volume.slices));
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
    const { data, root } = this;
    const away = this.mode === "slices" && this.slice.value !== (data.volume?.number ?? 1);
    const loaded = this.ready !== "" && this.ready === this.wanted;
    root.classList.toggle("away", away);
    root.classList.toggle("unmarked", hands.hidden);
    Object.assign(root.dataset, {
      mode: this.mode,
      tool: hands.tool,
      engine: data.volume ? "niivue" : "pictures",
      ready: String(loaded),
      slice: this.slice.value,
      window: this.window.value.join(" "),
      zoom: viewOf(data.id).zoom.toFixed(3),
    });
    this.sides.forEach((side, number) => this.place(side, this.panes[number]!, away));
    const marked = data.heat && this.mode === "slices" && !hands.hidden && !away;
    root.querySelector<HTMLElement>(".scale")!.style.visibility = marked ? "visible" : "hidden";
    const now = this.choices();
    showBar(root.querySelector<HTMLElement>(".bar")!, data.words, now);
    root.querySelector(".hint")!.textContent = hint(data.words, now);
    if (loaded) this.drawn.forEach((pane, number) => this.paint(pane, number, away));
  }

  private choices(): Choices {
    const { volume } = this.data;
    const [center, width] = this.window.value.map((level) => Number(level.toPrecision(4)));
    return {
      mode: this.mode,
      tool: hands.tool,
      hidden: hands.hidden,
      modes: Boolean(volume?.patient),
      drawn: Boolean(volume),
      own: this.own.choices,
      place: volume && this.scrolls ? `${this.slice.value}/${volume.slices}` : "",
      window: `${this.data.words.window} ${center} / ${width}`,
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
    const length = lengths.get(data.id);
    drawCaliper(stage, length?.slice === this.slice.value ? length : null, data);
    this.own.draw(stage, data.volume ? this.slice.value : (data.own?.number ?? 1));
  }

  private caption(side: Side, away: boolean): string {
    const { captions, words } = this.data;
    if (side === "raw") return captions.raw;
    if (hands.hidden) return words.hidden;
    if (this.mode !== "slices") return captions.series;
    return away ? captions.moving : captions.ai;
  }

  private paint(pane: Pane, number: number, away: boolean): void {
    const { data, mode } = this;
    const shown = number === 1 && !hands.hidden && (mode !== "slices" || away);
    const [center, width] = this.window.value;
    const share = (this.slice.value - 0.5) / (data.volume?.slices ?? 1);
    const scene: Scene = {
      mode,
      at: mode === "slices" ? [0.5, 0.5, share] : this.at,
      ...viewOf(data.id),
      turn: this.turn,
      scale: this.scale,
      marks: shown ? (data.mask?.opacity ?? 0) : 0,
      own: number === 1 && mode !== "slices" && this.own.shown ? OWN_OPACITY : 0,
    };
    pane.draw(scene, center, width, data.mask?.style ?? "fill");
    const letters = this.panes[number]!.querySelector<HTMLElement>(".tiles")!;
    letters.replaceChildren(...(mode === "planes" ? this.lettered(pane) : []));
  }

  private lettered(pane: Pane): HTMLElement[] {
    return pane.tiles().map((tile) => {
      const place = document.createElement("div");
      place.className = "tile";
      for (const side of ["left", "top", "width", "height"] as const)
        place.style[side] = `${tile[side]}px`;
      for (const edge of ["left", "right", "top", "bottom"]) {
        const letter = document.createElement("div");
        [letter.className, letter.dataset.edge] = ["edge", edge];
        place.append(letter);
      }
      drawEdges(place, this.data.volume?.patient?.letters[tile.plane] ?? {});
      return place;
    });
  }
}
