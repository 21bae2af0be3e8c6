// What `app/components/viewer.py` sends, field by field.

export type Side = "raw" | "ai";
export type Mode = "slices" | "planes" | "render";
export type Tool = "window" | "pan" | "measure" | "pen" | "erase";
export type Start = "ai" | "empty";
export type Edges = Record<string, string>;

// What is switched on, and opacities in percent.
export interface Look {
  heat: boolean;
  mask: boolean;
  diameters: boolean;
  boxes: boolean;
  heat_opacity: number;
  mask_opacity: number;
}

export interface Line {
  mark: string;
  path: string;
  colour: string;
  width: number;
  dash: string;
  own: boolean; // the reader's, not the AI's
}

export interface Tag {
  text: string;
  row: number;
  column: number;
  colour: string;
}

// Grey levels: what is shown now, and how far it may go.
export interface Reach {
  key: string;
  start: [number, number]; // centre and width of the default
  center: number;
  width: number;
  low: number;
  high: number;
  narrowest: number;
  widest: number;
}

export interface Volume {
  address: string;
  slices: number;
  number: number; // slice that the marks belong to, from 1
  patient: Patient | null; // null where the geometry is not known
}

export interface Patient {
  header: string; // of the volume in the frame of the patient, base64
  axis: number; // the patient's axis that the slices lie along: 0 right, 1 front, 2 head
  forward: boolean; // the last slice is the one at its end
  letters: Record<string, Edges>;
}

export interface Mask {
  address: string;
  style: string;
  colour: [number, number, number];
}

// What the reader drew: see `drawing.ts`.
export interface Own {
  since: string; // names the drawing for as long as the scan is open
  stamp: string; // of the last change that Streamlit knows, "" where nothing was drawn
  begun: Start;
  slices: Record<string, number[]>;
  kept: boolean; // it is what the reader kept last, or nothing is on either side
  locked: string; // why nothing can be kept now, or ""
  number: number; // slice on screen where the viewer does not scroll, from 1
  shown: boolean;
  editable: boolean;
  startable: boolean; // from the AI's outline
  line: Line; // how it is drawn; its path is made here
  colour: [number, number, number];
}

export interface Words {
  modes: Record<Mode, string>;
  mode: string;
  tools: Record<Tool, string>;
  tool: string;
  reset: string;
  hide: string;
  hidden: string;
  hide_own: string;
  draw: string;
  smaller: string;
  larger: string;
  size: string;
  undo: string;
  redo: string;
  keep: string;
  keep_long: string;
  kept: string;
  discard: string;
  discard_long: string;
  starts: Record<Start, string>;
  hints: Record<Mode | "pictures" | "point" | "rest", string>;
  point: string; // where it is
  keys: string;
  window: string;
  slice: string;
  no_webgl: string;
}

export interface Data {
  id: string;
  rows: number;
  columns: number;
  aspect: number;
  spacing: [number, number] | null;
  raw: string | null; // drawn as a picture where there is no volume
  heat: string | null;
  fill: string | null;
  lines: Line[];
  tags: Tag[];
  scale: string;
  corner: string;
  letters: Edges;
  look: Look;
  hands: Record<string, string>; // what it sets → selector of the page's own control
  captions: Record<Side | "heat" | "moving" | "series" | "bare", string>;
  window: Reach;
  volume: Volume | null;
  mask: Mask | null;
  own: Own | null;
  words: Words;
}

export interface Component {
  data: Data;
  parentElement: ShadowRoot;
  setTriggerValue(name: string, value: unknown): void;
  setStateValue(name: string, value: unknown): void;
}
