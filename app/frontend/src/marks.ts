// Vector marks and words over a picture, in scan pixels.

import type { Data, Edges, Picture } from "./data";

const SVG = "http://www.w3.org/2000/svg";

export function setImage(image: HTMLImageElement, layer: Picture | null): void {
  image.hidden = !layer;
  if (!layer) return;
  if (image.src !== layer.source) image.src = layer.source;
  image.style.opacity = String(layer.opacity);
}

export function path(attributes: Record<string, string | number>): SVGPathElement {
  const drawn = document.createElementNS(SVG, "path");
  for (const [name, value] of Object.entries(attributes)) drawn.setAttribute(name, String(value));
  drawn.setAttribute("fill", "none");
  drawn.setAttribute("vector-effect", "non-scaling-stroke");
  return drawn;
}

// Scan coordinates: the centre of the first pixel is (0, 0), so the picture starts at -0.5.
export function frame(svg: SVGElement, data: Data): void {
  svg.setAttribute("viewBox", `-0.5 -0.5 ${data.columns} ${data.rows}`);
}

export function drawLines(svg: SVGElement, data: Data): void {
  frame(svg, data);
  svg.replaceChildren(
    ...data.lines.map((line) => {
      const drawn = path({
        d: line.path,
        stroke: line.colour,
        "stroke-width": line.width,
        "stroke-dasharray": line.dash,
        "stroke-opacity": line.opacity,
      });
      drawn.dataset.mark = line.mark;
      return drawn;
    }),
  );
}

// The reader's own line, dashed: with a dark one below it, so that it is seen on any grey.
export function drawOwn(svg: SVGElement, border: string, data: Data): void {
  frame(svg, data);
  const stroke = `rgb(${data.own?.colour.join(" ")})`;
  const below = path({ d: border, stroke: "#000", "stroke-width": 3.5, "stroke-opacity": 0.6 });
  const line = path({ d: border, stroke, "stroke-width": 2, "stroke-dasharray": "6 4" });
  line.dataset.mark = "own";
  svg.replaceChildren(...(border ? [below, line] : []));
}

// Words keep their size while the picture is zoomed, so they are no part of the SVG.
export function drawTags(place: HTMLElement, data: Data): void {
  place.replaceChildren(
    ...data.tags.map((tag) => {
      const words = document.createElement("div");
      words.className = "tag";
      words.textContent = tag.text;
      words.style.left = `${(100 * tag.column) / data.columns}%`;
      words.style.top = `${(100 * tag.row) / data.rows}%`;
      words.style.color = tag.colour;
      return words;
    }),
  );
}

export function drawEdges(place: Element, letters: Edges): void {
  for (const edge of place.querySelectorAll<HTMLElement>(":scope > .edge")) {
    edge.textContent = letters[edge.dataset.edge ?? ""] ?? "";
    edge.hidden = !edge.textContent;
  }
}
