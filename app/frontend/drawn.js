// Hears what the viewer tells of the reader's strokes, and tells Streamlit from inside a fragment of
// the page: nothing but that fragment runs again (`app/components/strokes.py`).

const hearing = new WeakMap(); // mount point → its listener

export default function (component) {
  const root = component.parentElement;
  hearing.get(root)?.abort();
  const listener = new AbortController();
  hearing.set(root, listener);
  const hear = (event) => {
    event.preventDefault(); // so that the viewer knows that it was taken
    component.setStateValue("drawn", event.detail);
  };
  document.addEventListener("sulcus-drawn", hear, { signal: listener.signal });
  return () => listener.abort();
}
