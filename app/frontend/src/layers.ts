// Layers and opacities, as Streamlit tells them and as the reader's hand sets them before that.

import type { Data, Look } from "./data";
import { Follower } from "./follower";
import { drawLines, drawTags, setImage } from "./marks";

const LAYER: Record<string, keyof Look> = {
  mask: "mask",
  threshold: "mask",
  diameter: "diameters",
  box: "boxes",
};

export class Layers {
  private readonly values = new Map<string, Follower<number>>();

  hear(look: Look): void {
    for (const [name, value] of Object.entries(look)) {
      if (!this.values.has(name)) this.values.set(name, new Follower<number>(Number(value)));
      this.values.get(name)!.hear(Number(value));
    }
  }

  // The reader's hand on the page's own switch or slider; Streamlit hears of it by itself.
  take(name: string, value: number): void {
    const one = this.values.get(name);
    if (!one) return;
    one.value = value;
    one.tell();
  }

  shows(layer: keyof Look): boolean {
    return Boolean(this.values.get(layer)?.value);
  }

  // 0..1
  opacity(layer: "heat" | "mask"): number {
    return (this.values.get(`${layer}_opacity`)?.value ?? 100) / 100;
  }

  draw(root: HTMLElement, data: Data): void {
    const mask = this.opacity("mask");
    const pictures: Record<string, [string | null, number]> = {
      raw: [data.raw, 1],
      heat: [this.shows("heat") ? data.heat : null, this.opacity("heat")],
      fill: [this.shows("mask") ? data.fill : null, mask],
    };
    for (const image of root.querySelectorAll("img"))
      setImage(image, ...pictures[image.dataset.layer!]!);
    const lines = data.lines.filter((line) => this.shows(LAYER[line.mark]!));
    const svg = root.querySelector<SVGElement>('[data-layer="lines"]')!;
    drawLines(svg, lines, data, (line) => (LAYER[line.mark] === "mask" ? mask : 1));
    const tags = root.querySelector<HTMLElement>('[data-layer="tags"]')!;
    drawTags(tags, this.shows("boxes") ? data.tags : [], data);
  }
}
