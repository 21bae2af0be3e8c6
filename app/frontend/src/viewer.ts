// Draws what `app/components/viewer.py` sends. Both panes share one view, and a scan's view is
// kept while its layers, opacities and window change, and when the reader comes back to it.

import type { Component } from "./data";
import { Viewer } from "./screen";

const viewers = new WeakMap<ShadowRoot, Viewer>();

export default function show(component: Component): () => void {
  const root = component.parentElement;
  let viewer = viewers.get(root);
  if (!viewer) {
    viewer = new Viewer(root.querySelector<HTMLElement>(".viewer")!);
    viewers.set(root, viewer);
  }
  viewer.show(component);
  // Streamlit also calls this when a newer drawing overtook this one: only a viewer that has left
  // the page is closed.
  return () => {
    if (root.isConnected) return;
    viewers.get(root)?.close();
    viewers.delete(root);
  };
}
