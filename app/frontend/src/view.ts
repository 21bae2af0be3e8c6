// Zoom and pan of each scan, kept for as long as the page is open.

export const MAX_ZOOM = 24;

// x and y: point of the scan at the pane's middle, 0..1.
export interface View {
  zoom: number;
  x: number;
  y: number;
}

const views = new Map<string, View>();
const WHOLE: View = { zoom: 1, x: 0.5, y: 0.5 };

export const viewOf = (id: string): View => views.get(id) ?? WHOLE;

export const within = (value: number, from: number, to: number): number =>
  Math.min(Math.max(value, from), to);

export function setView(id: string, { zoom, x, y }: View): void {
  if (zoom <= 1) views.delete(id);
  else views.set(id, { zoom: Math.min(zoom, MAX_ZOOM), x: within(x, 0, 1), y: within(y, 0, 1) });
}

// Zooms so that the scan point under (dx, dy), in pixels from the pane's middle, stays there.
export function zoomed(view: View, factor: number, at: [number, number], size: [number, number]): View {
  const next = Math.min(view.zoom * factor, MAX_ZOOM);
  const kept = 1 - view.zoom / next;
  return { zoom: next, x: view.x + (at[0] / size[0]) * kept, y: view.y + (at[1] / size[1]) * kept };
}
