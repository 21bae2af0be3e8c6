// Draws what `app/components/viewer.py` sends. Both panes share one view, and a scan's view is
// kept while its layers, opacities and window change, and when the reader comes back to it.

const MAX_ZOOM = 24;
const views = new Map(); // scan id → {zoom, x, y}; x and y: scan point at the pane's middle, 0..1
const viewers = new WeakMap(); // mount point → viewer

export default function (component) {
  const root = component.parentElement;
  if (!viewers.has(root)) viewers.set(root, createViewer(root.querySelector(".viewer")));
  viewers.get(root).draw(component.data);
  return () => {
    viewers.get(root)?.close();
    viewers.delete(root);
  };
}

function createViewer(viewer) {
  const sides = [...viewer.querySelectorAll(".side")];
  const panes = sides.map((side) => side.querySelector(".pane"));
  const listeners = new AbortController();
  let data = null;

  const view = () => views.get(data.id) ?? { zoom: 1, x: 0.5, y: 0.5 };

  // Size of the whole picture in one pane at the present zoom, true to the pixel aspect.
  function pictureSize(pane) {
    const [width, height] = [data.columns, data.rows * data.aspect];
    const fit = Math.min(pane.clientWidth / width, pane.clientHeight / height);
    return [width * fit * view().zoom, height * fit * view().zoom];
  }

  function place() {
    if (!data) return;
    for (const pane of panes) {
      const [width, height] = pictureSize(pane);
      const stage = pane.querySelector(".stage").style;
      stage.width = `${width}px`;
      stage.height = `${height}px`;
      stage.left = `${pane.clientWidth / 2 - view().x * width}px`;
      stage.top = `${pane.clientHeight / 2 - view().y * height}px`;
    }
    viewer.dataset.zoom = view().zoom.toFixed(3);
  }

  function setView(zoom, x, y) {
    const inside = (value) => Math.min(Math.max(value, 0), 1);
    if (zoom <= 1) views.delete(data.id);
    else views.set(data.id, { zoom: Math.min(zoom, MAX_ZOOM), x: inside(x), y: inside(y) });
    place();
  }

  // Zooms so that the scan point under (dx, dy), in pixels from the pane's middle, stays there.
  function zoomAt(pane, factor, dx = 0, dy = 0) {
    const [width, height] = pictureSize(pane);
    const { zoom, x, y } = view();
    const next = Math.min(zoom * factor, MAX_ZOOM);
    const kept = 1 - zoom / next;
    setView(next, x + (dx / width) * kept, y + (dy / height) * kept);
  }

  function pan(pane, dx, dy) {
    const [width, height] = pictureSize(pane);
    const { zoom, x, y } = view();
    setView(zoom, x - dx / width, y - dy / height);
  }

  function listen(pane) {
    const on = (type, action) =>
      pane.addEventListener(type, action, { passive: false, signal: listeners.signal });
    on("wheel", (event) => {
      event.preventDefault();
      const box = pane.getBoundingClientRect();
      const dx = event.clientX - box.left - box.width / 2;
      const dy = event.clientY - box.top - box.height / 2;
      zoomAt(pane, Math.exp(-event.deltaY / 500), dx, dy);
    });
    on("pointerdown", (event) => pane.setPointerCapture(event.pointerId));
    on("pointermove", (event) => {
      if (pane.hasPointerCapture(event.pointerId)) pan(pane, event.movementX, event.movementY);
    });
    on("dblclick", () => setView(1));
    on("keydown", (event) => {
      const keys = { "+": 1.25, "=": 1.25, "-": 0.8 };
      if (event.key in keys) zoomAt(pane, keys[event.key]);
      if (event.key === "0") setView(1);
    });
  }

  function draw(next) {
    data = next;
    for (const image of viewer.querySelectorAll("img")) setImage(image, data[image.dataset.layer]);
    drawLines(viewer.querySelector("svg"), data);
    drawTags(viewer.querySelector('[data-layer="tags"]'), data);
    for (const side of sides) {
      const caption = data.captions[side.dataset.side];
      side.querySelector("figcaption").textContent = caption;
      side.querySelector(".pane").setAttribute("aria-label", `${caption}. ${data.corner}`);
      side.querySelector(".corner").textContent = data.corner;
      for (const edge of side.querySelectorAll(".edge")) {
        edge.textContent = data.letters[edge.dataset.edge] ?? "";
        edge.hidden = !edge.textContent;
      }
    }
    viewer.querySelector(".scale").style.visibility = data.heat ? "visible" : "hidden";
    viewer.querySelector(".ramp").style.background = `linear-gradient(to top, ${data.scale})`;
    place();
  }

  panes.forEach(listen);
  const resized = new ResizeObserver(place);
  panes.forEach((pane) => resized.observe(pane));
  return {
    draw,
    close() {
      listeners.abort();
      resized.disconnect();
    },
  };
}

function setImage(image, layer) {
  image.hidden = !layer;
  if (!layer) return;
  if (image.src !== layer.source) image.src = layer.source;
  image.style.opacity = layer.opacity;
}

// Scan coordinates: the centre of the first pixel is (0, 0), so the picture starts at -0.5.
function drawLines(svg, data) {
  svg.setAttribute("viewBox", `-0.5 -0.5 ${data.columns} ${data.rows}`);
  svg.replaceChildren(
    ...data.lines.map((line) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", line.path);
      path.setAttribute("fill", "none");
      path.setAttribute("stroke", line.colour);
      path.setAttribute("stroke-width", line.width);
      path.setAttribute("stroke-dasharray", line.dash);
      path.setAttribute("stroke-opacity", line.opacity);
      path.setAttribute("vector-effect", "non-scaling-stroke");
      path.dataset.mark = line.mark;
      return path;
    }),
  );
}

// Words keep their size while the picture is zoomed, so they are no part of the SVG.
function drawTags(place, data) {
  place.replaceChildren(
    ...data.tags.map((tag) => {
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
