// The bar above the pictures and the line below them.

import type { Mode, Tool, Words } from "./data";

export interface Choices {
  mode: Mode;
  tool: Tool;
  hidden: boolean;
  modes: boolean; // three planes and 3-D can be had
  drawn: boolean; // by NiiVue; else pictures, which have no tools
  place: string; // n/N, "" for a single slice
  window: string;
}

export interface Actions {
  mode(mode: Mode): void;
  tool(tool: Tool): void;
  reset(): void;
  hide(): void;
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
    button(words.reset, "reset", () => act.reset()),
  );
  const state = document.createElement("span");
  state.className = "state";
  bar.replaceChildren(modes, tools, others, state);
  bar.title = words.keys;
}

export function showBar(bar: HTMLElement, words: Words, now: Choices): void {
  bar.querySelector<HTMLElement>(".modes")!.hidden = !now.modes;
  bar.querySelector<HTMLElement>(".tools")!.hidden = !now.drawn || now.mode !== "slices";
  for (const one of bar.querySelectorAll("button")) {
    const chosen = [`mode-${now.mode}`, `tool-${now.tool}`, now.hidden ? "hide" : ""];
    one.setAttribute("aria-pressed", String(chosen.includes(one.name)));
  }
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

function button(text: string, name: string, action: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.name = name;
  made.textContent = text;
  made.addEventListener("click", action);
  return made;
}
