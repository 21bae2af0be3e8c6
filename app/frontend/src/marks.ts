// Vector marks and words over a picture, in scan pixels.

import type { Data, Edges, Line, Tag } from "./data";
import type { Tile } from "./pane";

const SVG = "http://www.w3.org/2000/svg";

export function setImage(image: HTMLImageElement, source: string | null, opacity: number): void {
  image.hidden = !source;
  if (!source) return;
  if (image.src !== source) image.src = source;
  image.style.opacity = String(opacity);
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

// Those of the AI are whole; the reader's own are dashed, with a dark line below, so that they are
// seen on any grey.
function strokes(line: Line, opacity: number): SVGPathElement[] {
  const drawn = path({
    d: line.path,
    stroke: line.colour,
    "stroke-width": line.width,
    "stroke-dasharray": line.dash,
    "stroke-opacity": opacity,
  });
  drawn.dataset.mark = line.mark;
  if (!line.own) return [drawn];
  const below = path({ d: line.path, stroke: "#000", "stroke-width": line.width + 1.5 });
  below.setAttribute("stroke-opacity", String(0.6 * opacity));
  return [below, drawn];
}

export function drawLines(
  svg: SVGElement, lines: Line[], data: Data, opacity: (line: Line) => number = () => 1,
): void {
  frame(svg, data);
  svg.replaceChildren(...lines.flatMap((line) => strokes(line, opacity(line))));
}

// Words keep their size while the picture is zoomed, so they are no part of the SVG.
export function drawTags(place: HTMLElement, tags: Tag[], data: Data): void {
  place.replaceChildren(
    ...tags.map((tag) => {
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

// The letters of each of the three planes.
export function drawTiles(place: Element, tiles: Tile[], data: Data): void {
  place.replaceChildren(
    ...tiles.map((tile) => {
      const plane = document.createElement("div");
      plane.className = "tile";
      for (const side of ["left", "top", "width", "height"] as const)
        plane.style[side] = `${tile[side]}px`;
      for (const edge of ["left", "right", "top", "bottom"]) {
        const letter = document.createElement("div");
        [letter.className, letter.dataset.edge] = ["edge", edge];
        plane.append(letter);
      }
      drawEdges(plane, data.volume?.patient?.letters[tile.plane] ?? {});
      return plane;
    }),
  );
}
