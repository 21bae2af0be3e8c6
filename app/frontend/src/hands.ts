// The reader's hand on the page's own switches and sliders. What they set is drawn at once:
// Streamlit answers later, and tells of a slider only some time after the hand rests.

export function followHands(
  controls: () => Record<string, string>,
  moved: (name: string, value: number) => void,
  signal: AbortSignal,
): void {
  const hear = (place: Element, value: number): void => {
    for (const [name, selector] of Object.entries(controls()))
      if (place.closest(selector)) moved(name, value);
  };
  const watch = new MutationObserver((changes) => {
    const changed = new Set(changes.map((change) => change.target));
    for (const place of changed) {
      // A slider that moves without the hand on it says what the viewer has told itself.
      if (place instanceof HTMLInputElement && place === document.activeElement)
        hear(place, place.valueAsNumber);
      else if (place instanceof HTMLLabelElement)
        hear(place, Number(place.dataset.selected === "true"));
    }
  });
  const attributeFilter = ["value", "data-selected"];
  watch.observe(document.body, { subtree: true, attributeFilter });
  signal.addEventListener("abort", () => watch.disconnect());
}
