// Draws what `app/components/look.py` sends: the button of the other theme, and the list of keys.

const STORE = "sulcus.theme"; // the reader's choice, for every page of this address
const PATIENCE_MS = 5000;
const bars = new WeakMap(); // mount point → bar

export default function (component) {
  const root = component.parentElement;
  if (!bars.has(root)) bars.set(root, createBar(root.querySelector(".look")));
  bars.get(root).draw(component.data, (scheme) => component.setStateValue("scheme", scheme));
  return () => {
    bars.get(root)?.close();
    bars.delete(root);
  };
}

const app = () => document.querySelector(".stApp");
const schemeOf = (page) => (getComputedStyle(page).colorScheme === "light" ? "light" : "dark");

function createBar(bar) {
  const listeners = new AbortController();
  const dialog = bar.querySelector("dialog");
  const button = (act) => bar.querySelector(`[data-act=${act}]`);
  const page = app();
  let data = null;
  let tell = () => {};
  let told = "";

  // Boxes that Streamlit hangs outside its page take the scheme from the document.
  function follow() {
    const scheme = schemeOf(page);
    document.documentElement.style.colorScheme = scheme;
    button("theme").textContent = scheme === "light" ? data.dark : data.light;
    const settled = scheme === data.drawn && scheme === localStorage.getItem(STORE);
    bar.toggleAttribute("data-drawn", settled); // what a reader does before may be drawn over
    if (scheme === data.drawn) told = "";
    else if (scheme !== told) tell((told = scheme));
  }

  async function choose(scheme) {
    localStorage.setItem(STORE, scheme);
    if (schemeOf(page) !== scheme) await pressMenu(scheme);
  }

  function open() {
    if (!dialog.open) dialog.showModal();
  }

  const on = (place, type, action) =>
    place.addEventListener(type, action, { signal: listeners.signal });
  on(button("theme"), "click", () => choose(schemeOf(page) === "light" ? "dark" : "light"));
  on(button("keys"), "click", open);
  on(button("close"), "click", () => dialog.close());
  on(dialog, "click", (event) => event.target === dialog && dialog.close());
  on(dialog, "keydown", (event) => event.stopPropagation()); // no scan moves behind the list
  on(document, "keydown", (event) => {
    if (event.key !== data.key || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event)) return;
    event.preventDefault();
    open();
  });

  // A theme that the reader takes from Streamlit's own menu is a choice too.
  const changed = new MutationObserver(() => {
    const before = button("theme").textContent;
    follow();
    if (before !== button("theme").textContent) localStorage.setItem(STORE, schemeOf(page));
  });
  changed.observe(page, { attributes: true, attributeFilter: ["class"] });
  choose(localStorage.getItem(STORE) === "light" ? "light" : "dark");

  return {
    draw(next, setScheme) {
      data = next;
      tell = setScheme;
      button("keys").textContent = `${data.keys} `;
      button("keys").append(element("kbd", data.key));
      button("close").textContent = data.close;
      dialog.querySelector("h2").textContent = data.title;
      dialog.querySelector(".places").replaceChildren(...data.places.flatMap((one) => drawPlace(one, data.or)));
      follow();
    },
    close() {
      listeners.abort();
      changed.disconnect();
    },
  };
}

// Whether the key goes into a field, also one inside a component of its own.
function typing(event) {
  const target = event.composedPath()[0];
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
}

// Streamlit's menu holds the only switch of its theme. It is opened, pressed and closed unseen.
async function pressMenu(scheme) {
  const menu = await find('[data-testid="stMainMenuButton"]');
  if (!menu) return;
  const hidden = document.head.appendChild(element("style", MENU_UNSEEN));
  const before = document.activeElement;
  menu.click();
  const label = scheme === "light" ? "Light" : "Dark";
  (await find(`[data-testid="stMainMenuItem-theme-${label}"]`))?.click();
  if (menu.getAttribute("aria-expanded") === "true") menu.click();
  await gone('[data-testid="stMainMenuPopover"]');
  hidden.remove();
  document.activeElement?.blur(); // Streamlit puts the focus on the menu that nobody opened
  if (before !== document.body) before?.focus();
}

const MENU_UNSEEN = '[data-testid="stMainMenuPopover"] { opacity: 0 !important; }';

const find = (selector) => until(() => document.querySelector(selector));
const gone = (selector) => until(() => !document.querySelector(selector));

async function until(answer) {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const found = answer();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return null;
}

function drawPlace(place, or) {
  const rows = place.rows.map((row) => {
    const head = element("th");
    head.scope = "row";
    row.keys.forEach((key, number) => {
      if (number) head.append(` ${or} `);
      head.append(element("kbd", key));
    });
    const line = element("tr");
    line.append(head, element("td", row.does));
    return line;
  });
  const table = element("table");
  table.append(...rows);
  return [element("h3", place.title), table];
}

function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
