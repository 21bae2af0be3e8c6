// NiiVue's part of the viewer: both canvases, with the volume, the mask and what the reader drew.

import type { Data, Mode } from "./data";
import type { Drawing } from "./drawing";
import { Pane } from "./pane";
import { bytesOf, onVoxels, placed, unzipped } from "./volumes";

export interface Listener {
  loaded(): void;
  failed(error: unknown): void;
}

export class Engine {
  panes: Pane[] = [];
  private wanted = "";
  private ready = "";
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly canvases: HTMLCanvasElement[],
    private readonly listener: Listener,
    private readonly signal: AbortSignal,
  ) {}

  // Whether the canvases hold what is to be shown.
  get loaded(): boolean {
    return this.ready !== "" && this.ready === this.wanted;
  }

  // Gives the volume and the mask to NiiVue where they are not there yet.
  load(data: Data, mode: Mode, drawn: Drawing | undefined): void {
    const { volume, mask } = data;
    const header = mode === "slices" ? null : (volume?.patient?.header ?? null);
    const drawing = header === null ? undefined : drawn;
    this.wanted = volume
      ? [volume.address, mask?.address, header, drawing?.version].join()
      : "";
    const wanted = this.wanted;
    if (!volume || wanted === this.ready) return;
    this.work = this.work.then(async () => {
      if (wanted !== this.wanted || wanted === this.ready || this.signal.aborted) return;
      try {
        if (!this.panes.length) await this.open();
        const scan = placed(await bytesOf(volume.address), header);
        const marked = mask && placed(await unzipped(await bytesOf(mask.address)), header);
        this.signal.throwIfAborted();
        await this.panes[0]!.load(scan, null, null);
        this.signal.throwIfAborted();
        await this.panes[1]!.load(scan, marked, mask);
        this.signal.throwIfAborted();
        if (drawing?.slices.size && data.own)
          await this.panes[1]!.loadOwn(onVoxels(scan, drawing.slices), data.own.colour);
        this.ready = wanted;
        this.listener.loaded();
      } catch (error) {
        if (wanted === this.wanted) this.listener.failed(error);
      }
    });
  }

  close(): void {
    for (const pane of this.panes) pane.close();
  }

  private async open(): Promise<void> {
    if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL 2");
    for (const canvas of this.canvases)
      canvas.addEventListener("webglcontextlost", () => this.listener.failed("context lost"), {
        signal: this.signal,
      });
    this.panes = this.canvases.map((canvas) => new Pane(canvas));
    await Promise.all(this.panes.map((pane) => pane.open()));
  }
}
