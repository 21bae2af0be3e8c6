// The bar above the pictures and the line below them.

import type { Mode, Start, Tool, Words } from "./data";

export interface Choices {
  mode: Mode;
  tool: Tool;
  hidden: boolean;
  modes: boolean; // three planes and 3-D can be had
  drawn: boolean; // by NiiVue; else pictures, which have no tools
  own: OwnChoices | null; // null where nothing can be drawn
  place: string; // n/N, "" for a single slice
  window: string;
}

export interface OwnChoices {
  size: number;
  hidden: boolean;
  undoable: boolean;
  startable: boolean; // from the AI's outline
  any: boolean; // something was drawn
}

export interface Actions {
  mode(mode: Mode): void;
  tool(tool: Tool): void;
  reset(): void;
  hide(): void;
  hideOwn(): void;
  resize(steps: number): void;
  undo(): void;
  start(from: Start): void;
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
    button(words.hide, "hide", () => act.hide()),
    button(words.hide_own, "hide-own", () => act.hideOwn()),
    button(words.reset, "reset", () => act.reset()),
  );
  const state = document.createElement("span");
  state.className = "state";
  bar.replaceChildren(modes, tools, others, state, drawing(words, act));
  bar.title = words.keys;
}

// Second row, there while the pen or the eraser is chosen.
function drawing(words: Words, act: Actions): HTMLElement {
  const row = group(words.draw, "drawing");
  const size = document.createElement("span");
  size.className = "size";
  row.append(
    button("−", "smaller", () => act.resize(-1), words.smaller),
    size,
    button("+", "larger", () => act.resize(1), words.larger),
    button(words.undo, "undo", () => act.undo()),
  );
  for (const [from, name] of Object.entries(words.starts))
    row.append(button(name, `start-${from}`, () => act.start(from as Start)));
  return row;
}

function showDrawing(bar: HTMLElement, words: Words, now: Choices): void {
  const one = <T extends HTMLElement>(name: string): T => bar.querySelector<T>(name)!;
  const { own } = now;
  const draws = now.mode === "slices" && (now.tool === "pen" || now.tool === "erase");
  one(".drawing").hidden = !own || !draws;
  one("[name=hide-own]").hidden = !own?.any;
  for (const tool of ["pen", "erase"]) one(`[name=tool-${tool}]`).hidden = !own;
  if (!own) return;
  one(".size").textContent = words.size.replace("{px}", String(own.size));
  one<HTMLButtonElement>("[name=undo]").disabled = !own.undoable;
  one<HTMLButtonElement>("[name=start-ai]").disabled = !own.startable;
}

export function showBar(bar: HTMLElement, words: Words, now: Choices): void {
  bar.querySelector<HTMLElement>(".modes")!.hidden = !now.modes;
  bar.querySelector<HTMLElement>(".tools")!.hidden = !now.drawn || now.mode !== "slices";
  for (const one of bar.querySelectorAll("button")) {
    const chosen = [`mode-${now.mode}`, `tool-${now.tool}`, now.hidden ? "hide" : ""];
    if (now.own?.hidden) chosen.push("hide-own");
    one.setAttribute("aria-pressed", String(chosen.includes(one.name)));
  }
  showDrawing(bar, words, now);
  const said = [now.place && `${words.slice} ${now.place}`, now.drawn && now.window];
  bar.querySelector(".state")!.textContent = said.filter(Boolean).join(" · ");
}

export function hint(words: Words, now: Choices): string {
  if (!now.drawn) return `${words.hints.pictures}. ${words.no_webgl}`;
  return words.hints[now.mode].replace("{tool}", words.tools[now.tool].toLowerCase());
}

function group(label: string, name: string): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
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
