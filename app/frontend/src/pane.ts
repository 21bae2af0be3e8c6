// One canvas of NiiVue: it draws what it is told and listens to nothing.

import { NVImage, Niivue, SHOW_RENDER, SLICE_TYPE } from "@niivue/niivue";
import type { Mask, Mode } from "./data";

const OPTIONS = {
  interactive: false,
  dragAndDropEnabled: false,
  backColor: [0, 0, 0, 1],
  loadingText: "",
  isColorbar: false,
  isOrientationTextVisible: false,
  isNearestInterpolation: false,
  sagittalNoseLeft: true,
  isSliceMM: true,
  crosshairWidth: 0,
  crosshairColor: [0.56, 0.71, 0.82, 0.7],
  show3Dcrosshair: false,
  multiplanarPadPixels: 4,
  multiplanarShowRender: SHOW_RENDER.NEVER,
  logLevel: "error" as const,
};

export interface Scene {
  mode: Mode;
  at: [number, number, number]; // crosshair, 0..1 of the volume as NiiVue turns it
  zoom: number;
  x: number; // point of the picture at the pane's middle, 0..1
  y: number;
  turn: [number, number]; // azimuth and elevation of the 3-D view
  scale: number; // of the 3-D view
  marks: number; // opacity of the mask, 0 where it is hidden
  own: number; // likewise of what the reader drew
}

export interface Tile {
  plane: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

const PLANES = ["axial", "coronal", "sagittal"];

export class Pane {
  private readonly nv = new Niivue({ ...OPTIONS });
  private windowed = "";
  private masked = -1;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  async open(): Promise<void> {
    await this.nv.attachToCanvas(this.canvas, true);
    if (!this.nv.gl) throw new Error("no WebGL 2");
  }

  close(): void {
    this.nv.cleanup();
    this.nv.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  async load(volume: ArrayBuffer, mask: ArrayBuffer | null, look: Mask | null): Promise<void> {
    this.nv.closeDrawing();
    for (const old of [...this.nv.volumes].reverse()) this.nv.removeVolume(old);
    this.windowed = "";
    this.masked = -1;
    this.nv.addVolume(await image(volume, "scan.nii", "gray"));
    if (mask && look) {
      const [r, g, b] = look.colour;
      const whole = { R: [r, r, r], G: [g, g, g], B: [b, b, b], I: [0, 128, 255] };
      this.nv.addColormap("sulcus-fill", { ...whole, A: [0, 255, 255] });
      this.nv.addColormap("sulcus-outline", { ...whole, A: [0, 0, 255] });
      this.nv.addVolume(await image(mask, "mask.nii", "sulcus-fill"));
    }
  }

  // What the reader drew, in NiiVue's own layer for it; after `load`.
  async loadOwn(drawn: ArrayBuffer, [r, g, b]: [number, number, number]): Promise<void> {
    this.nv.drawLut = { lut: new Uint8ClampedArray(256 * 4) };
    this.nv.drawLut.lut.set([r, g, b, 255], 4);
    this.nv.loadDrawing(await image(drawn, "own.nii", "gray"));
  }

  get ready(): boolean {
    return this.nv.volumes.length > 0;
  }

  draw(scene: Scene, center: number, width: number, style: string): void {
    const [scan, mask] = this.nv.volumes;
    if (!scan) return;
    const { opts, scene: view } = this.nv;
    const flat = scene.mode === "slices";
    opts.sliceType = { slices: SLICE_TYPE.AXIAL, planes: SLICE_TYPE.MULTIPLANAR, render: SLICE_TYPE.RENDER }[scene.mode];
    opts.isRadiologicalConvention = !flat;
    opts.crosshairWidth = scene.mode === "planes" ? 1 : 0;
    view.crosshairPos = [...scene.at];
    view.pan2Dxyzmm = flat ? this.pan(scene) : [0, 0, 0, 1];
    view.renderAzimuth = scene.turn[0];
    view.renderElevation = scene.turn[1];
    view.volScaleMultiplier = scene.scale;
    this.nv.overlayAlphaShader = scene.marks;
    this.nv.drawOpacity = scene.own;
    // In depth the darkest quarter is clear, or the air would stand around the head as a fog.
    const darkest = center - width * (scene.mode === "render" ? 0.25 : 0.5);
    const bounds = `${darkest} ${center} ${width}`;
    const shown = scene.mode === "render" ? scene.marks : 1;
    const map = style === "fill" || scene.mode === "render" ? "sulcus-fill" : "sulcus-outline";
    const changed = mask && (mask.colormap !== map || shown !== this.masked);
    if (mask && changed) [mask.colormap, mask.opacity, this.masked] = [map, shown, shown];
    if (bounds !== this.windowed) {
      scan.cal_min = darkest;
      scan.cal_max = center + width / 2;
      this.windowed = bounds;
      this.nv.updateGLVolume();
    } else if (changed) this.nv.updateGLVolume();
    else this.nv.drawScene();
  }

  // NiiVue shows (mm - pan) / zoom about the middle of the volume, which is its origin here.
  private pan(scene: Scene): [number, number, number, number] {
    const { dimsRAS, pixDimsRAS } = this.nv.volumes[0]!;
    const width = dimsRAS![1]! * pixDimsRAS![1]!;
    const height = dimsRAS![2]! * pixDimsRAS![2]!;
    const right = (scene.x - 0.5) * width;
    const up = (0.5 - scene.y) * height;
    return [-scene.zoom * right, -scene.zoom * up, 0, scene.zoom];
  }

  // Where the planes are on the pane, in CSS pixels.
  tiles(): Tile[] {
    const ratio = this.canvas.clientWidth / this.canvas.width;
    return this.nv.screenSlices
      .filter((tile) => tile.axCorSag in PLANES)
      .map((tile) => {
        const [left, top, width, height] = tile.leftTopWidthHeight.map((size) => size * ratio);
        const plane = PLANES[tile.axCorSag]!;
        return { plane, left: left!, top: top!, width: width!, height: height! };
      });
  }

  // Crosshair that a point of the pane stands for, or null outside of every plane.
  at(x: number, y: number): [number, number, number] | null {
    const ratio = this.canvas.width / this.canvas.clientWidth;
    const [i, j, k] = this.nv.canvasPos2frac([x * ratio, y * ratio]);
    return i! < 0 ? null : [i!, j!, k!];
  }

  // Size of the volume along NiiVue's axes, in voxels.
  get voxels(): [number, number, number] {
    const [, i, j, k] = this.nv.volumes[0]!.dimsRAS!;
    return [i!, j!, k!];
  }

}

function image(bytes: ArrayBuffer, name: string, colormap: string): Promise<NVImage> {
  return NVImage.new(
    bytes, name, colormap, 1, null, NaN, NaN, true, 0.02, false, false, "", 0,
    0, NaN, NaN, false, null, 0, null,
  );
}
