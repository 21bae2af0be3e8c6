// Keys of the viewer: they count wherever the focus is, but never while something is typed, and
// arrows not where a control of the page uses them itself.

const TYPED = "input, textarea, select, [contenteditable=true]";
const STEERED = `${TYPED}, [role=slider], [role=combobox], [role=listbox], [role=option], [role=radio], [role=tab]`;

type Actions = Record<string, (event: KeyboardEvent) => boolean>; // whether it was for them

export function onKeys(actions: Actions, signal: AbortSignal): void {
  const listen = (event: KeyboardEvent): void => {
    const key = event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key;
    if (event.altKey || !(key in actions)) return;
    const target = event.composedPath()[0];
    const busy = key.startsWith("Arrow") ? STEERED : TYPED;
    if (target instanceof Element && target.closest(busy)) return;
    if (!actions[key]!(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the page has buttons with the same arrows
  };
  window.addEventListener("keydown", listen, { capture: true, signal });
}
