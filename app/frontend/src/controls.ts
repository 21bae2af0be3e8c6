// The two rows above the pictures. Nothing in them comes or goes with the chosen tool but keeps its
// room, so that the pictures stay where they are.

import type { Mode, Start, Tool, Words } from "./data";
import type { Held } from "./held";

export interface Choices {
  mode: Mode;
  tool: Tool;
  hidden: boolean;
  held: Held["what"]; // what the arrow keys move
  modes: boolean; // three planes and 3-D can be had
  drawn: boolean; // by NiiVue; else pictures, which have no tools
  draws: boolean; // dragging draws or erases
  own: OwnChoices | null; // null where nothing can be drawn
  place: string; // n/N, "" for a single slice
  window: string;
}

export interface OwnChoices {
  size: number;
  hidden: boolean;
  undoable: boolean;
  redoable: boolean;
  startable: boolean; // from the AI's outline
  any: boolean; // something was drawn
  unkept: boolean; // since it was kept or discarded
  filled: boolean; // there is a pixel to keep
  locked: string; // why nothing can be kept, or ""
}

export interface Actions {
  mode(mode: Mode): void;
  tool(tool: Tool): void;
  reset(): void;
  hide(): void;
  hideOwn(): void;
  resize(steps: number): void;
  undo(): void;
  redo(): void;
  keep(): void;
  start(from: Start | "kept"): void;
}

export function buildBar(bar: HTMLElement, words: Words, act: Actions): void {
  const modes = group(words.mode, "modes");
  for (const [mode, name] of Object.entries(words.modes))
    modes.append(button(name, `mode-${mode}`, () => act.mode(mode as Mode)));
  const tools = group(words.tool, "tools");
  for (const [tool, name] of Object.entries(words.tools))
    tools.append(button(name, `tool-${tool}`, () => act.tool(tool as Tool)));
  const others = group("", "others");
  others.append(
    button(words.reset, "reset", () => act.reset()),
    button(words.hide, "hide", () => act.hide()),
    button(words.hide_own, "hide-own", () => act.hideOwn()),
  );
  const [first, second] = [place("row wrapped"), place("row")];
  first.append(modes, tools, others);
  second.append(drawing(words, act), place("hint"), place("kept"), place("state"));
  bar.replaceChildren(first, second);
  bar.title = words.keys;
}

// There while the pen or the eraser is chosen, or something is not kept yet; else the hint.
function drawing(words: Words, act: Actions): HTMLElement {
  const all = group(words.draw, "drawing");
  const [size, strokes, keeping, starts] = ["sizes", "strokes", "keeping", "starts"].map(
    (name) => all.appendChild(group("", name)),
  );
  size!.append(
    button("−", "smaller", () => act.resize(-1), words.smaller),
    place("size"),
    button("+", "larger", () => act.resize(1), words.larger),
  );
  strokes!.append(
    button(words.undo, "undo", () => act.undo()),
    button(words.redo, "redo", () => act.redo()),
  );
  keeping!.append(
    button(words.keep, "keep", () => act.keep(), words.keep_long),
    button(words.discard, "discard", () => act.start("kept"), words.discard_long),
  );
  for (const [from, name] of Object.entries(words.starts))
    starts!.append(button(name, `start-${from}`, () => act.start(from as Start)));
  return all;
}

function showDrawing(bar: HTMLElement, words: Words, now: Choices): void {
  const one = (name: string): HTMLElement => bar.querySelector<HTMLElement>(name)!;
  const able = (name: string, can: boolean): void => {
    one(`[name=${name}]`).toggleAttribute("disabled", !can);
  };
  const { own } = now;
  const shown = own !== null && (now.draws || own.unkept);
  one(".drawing").hidden = !shown;
  one(".hint").hidden = shown;
  one("[name=hide-own]").classList.toggle("off", !own?.any);
  one("[name=hide-own]").hidden = !own;
  for (const tool of ["pen", "erase"]) one(`[name=tool-${tool}]`).hidden = !own;
  one(".kept").textContent =
    !shown || !own.filled ? "" : own.unkept ? own.locked : words.kept;
  if (!own) return;
  one(".size").textContent = words.size.replace("{px}", String(own.size));
  able("undo", own.undoable);
  able("redo", own.redoable);
  able("keep", own.unkept && own.filled && !own.locked);
  able("discard", own.unkept);
  able("start-ai", own.startable);
  one("[name=keep]").title = own.locked || words.keep_long;
}

export function showBar(bar: HTMLElement, words: Words, now: Choices): void {
  bar.querySelector<HTMLElement>(".modes")!.hidden = !now.modes;
  const tools = bar.querySelector<HTMLElement>(".tools")!;
  tools.hidden = !now.drawn;
  tools.classList.toggle("off", now.mode !== "slices");
  for (const one of bar.querySelectorAll("button")) {
    const chosen = [`mode-${now.mode}`, `tool-${now.tool}`, now.hidden ? "hide" : ""];
    if (now.own?.hidden) chosen.push("hide-own");
    one.setAttribute("aria-pressed", String(chosen.includes(one.name)));
  }
  showDrawing(bar, words, now);
  bar.querySelector(".hint")!.textContent = hint(words, now);
  const said = [now.place && `${words.slice} ${now.place}`, now.drawn && now.window];
  bar.querySelector(".state")!.textContent = said.filter(Boolean).join(" · ");
}

function hint(words: Words, now: Choices): string {
  if (now.held) return words.hints[now.held];
  if (!now.drawn) return `${words.hints.pictures}. ${words.no_webgl}`;
  return words.hints[now.mode].replace("{tool}", words.tools[now.tool].toLowerCase());
}

function place(name: string): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
  return made;
}

function group(label: string, name: string): HTMLElement {
  const made = place(name);
  made.setAttribute("role", "group");
  if (label) made.setAttribute("aria-label", label);
  return made;
}

function button(
  text: string, name: string, action: () => void, label = "",
): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.name = name;
  made.textContent = text;
  if (label) [made.title, made.ariaLabel] = [label, label];
  made.addEventListener("click", action);
  return made;
}
