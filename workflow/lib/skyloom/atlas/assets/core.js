"use strict";
// What all pages share: their data, elements, the state in the address, sprites, files.
const Atlas = {};
Atlas.data = JSON.parse(document.getElementById("data").textContent);

// An element with attributes; `on...` are listeners, texts are never read as HTML.
Atlas.h = (tag, attributes = {}, ...children) => {
  const svg = ["svg", "g", "path", "line", "rect", "circle", "text", "title", "desc", "image",
    "ellipse", "polygon", "polyline"];
  const made = svg.includes(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("aria-")) made.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined));
  return made;
};

// The state of the view, as the part of the address behind #: a link brings it back.
Atlas.state = {
  watchers: [],
  now: null, // ahead of the address while a key is held down: browsers count its changes
  written: [],
  all() { return new URLSearchParams(this.now ?? location.hash.slice(1)); },
  get(name, otherwise = "") { return this.all().get(name) ?? otherwise; },
  set(changes) {
    const now = this.all();
    for (const [name, value] of Object.entries(changes)) {
      if (value === "" || value === null || value === undefined) now.delete(name);
      else now.set(name, value);
    }
    if (String(now) === String(this.all())) return;
    this.now = String(now);
    this.write();
    this.tell();
  },
  write() {
    const time = Date.now();
    clearTimeout(this.later);
    this.written = this.written.filter((moment) => time - moment < 10000);
    if (this.written.length > 60) {
      this.later = setTimeout(() => this.write(), 500);
      return;
    }
    this.written.push(time);
    history.replaceState(null, "", `#${this.now}`);
  },
  watch(watcher) { this.watchers.push(watcher); },
  // Those of a view that is left while they are told are told no more.
  tell() {
    const mine = this.watchers;
    for (const watcher of [...mine]) if (this.watchers === mine) watcher();
  },
};
window.addEventListener("hashchange", () => {
  Atlas.state.now = null;
  Atlas.state.tell();
});

// A number as people write it; what is not known is a dash.
Atlas.number = (value, digits = 3) => {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 1);
  return String(Number(value.toPrecision(Math.max(digits, size >= 1000 ? 4 : digits))));
};

// A picture of the sprite, `width` pixels wide on the screen. Of [index, left, top, share] it
// is a part: where that begins and how long its side is, in sides of the picture.
Atlas.sprite = (index, width, label) => {
  const { side, columns, rows } = Atlas.data.sprite;
  const [number, left, top, share] = Array.isArray(index) ? index : [index, 0, 0, 1];
  const x = ((number % columns) + left) / share, y = (Math.floor(number / columns) + top) / share;
  const scale = width / side / share;
  return Atlas.h("span", {
    class: "sprite", role: label ? "img" : null, "aria-label": label || null,
    "aria-hidden": label ? null : "true",
    style: `width:${width}px;height:${width}px;flex:none;`
      + `background-size:${columns * side * scale}px ${rows * side * scale}px;`
      + `background-position:${-x * width}px ${-y * width}px`,
  });
};

// Pictures side by side with what they show: [[index, caption], ...].
Atlas.pictures = (pairs, width = 170) => Atlas.h("div", { class: "tiles" },
  pairs.filter(([index]) => index !== null && index !== undefined).map(([index, caption]) =>
    Atlas.h("figure", {}, Atlas.sprite(index, width, caption), Atlas.h("figcaption", {}, caption))));

// How many digits of a value its error leaves, 3 without one.
Atlas.digits = (value, error) => (typeof error === "number" && error > 0 && typeof value === "number"
  ? Math.max(2, Math.min(8, Math.floor(Math.log10(Math.abs(value) || 1)) - Math.floor(Math.log10(error)) + 2)) : 3);

// Quantities with errors and units: [[label, value, error, unit], ...].
Atlas.table = (rows, caption) => Atlas.h("div", { class: "wide" }, Atlas.h("table", {},
  caption ? Atlas.h("caption", { class: "skip" }, caption) : null,
  Atlas.h("tbody", {}, rows.map(([label, value, error, unit]) => Atlas.h("tr", {},
    Atlas.h("th", { scope: "row" }, label),
    Atlas.h("td", { class: typeof value === "number" ? "number" : null },
      Atlas.number(value, Atlas.digits(value, error))),
    Atlas.h("td", {}, typeof error === "number" ? `±\u00a0${Atlas.number(error, 2)}` : error || ""),
    Atlas.h("td", {}, unit || ""))))));

// What is doubtful of an object, before anything else of it.
Atlas.flags = (reasons) => reasons && reasons.length
  ? Atlas.h("div", { class: "banner", role: "note" }, Atlas.h("strong", {}, "Flagged: "), reasons.join("; "))
  : null;

// Which files a view shows, and the command that makes them, or some of them, again.
Atlas.source = (files, made = files) => Atlas.h("div", { class: "source" },
  "Shown: ", files.map((file, i) => [i ? ", " : "", Atlas.h("code", {}, file)]),
  Atlas.h("br"), "Made again by ",
  Atlas.h("code", {}, `.venv/bin/snakemake --cores all --force ${made.join(" ")}${Atlas.data.layer}`));

// Views of a page, of which one is shown; the choice is in the address.
Atlas.views = (views) => {
  const names = Object.keys(views), place = document.getElementById("view");
  const tabs = Atlas.h("nav", { role: "tablist", "aria-label": "Views" });
  let shown = null;
  // A filter of one view's list means nothing in another's.
  const go = (name) => Atlas.state.set({ view: name, where: "", sort: "", flagged: "" });
  for (const name of names) {
    tabs.append(Atlas.h("button", { role: "tab", id: `tab-${name}`, "aria-controls": "view",
      onclick: () => go(name) }, views[name].label));
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(shown) + step + names.length) % names.length];
    go(next);
    document.getElementById(`tab-${next}`).focus();
  });
  if (names.length > 1) place.before(tabs);
  const show = () => {
    const asked = Atlas.state.get("view"), name = names.includes(asked) ? asked : names[0];
    if (name === shown) return;
    shown = name;
    for (const tab of tabs.children) {
      const chosen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    place.setAttribute("aria-labelledby", `tab-${name}`);
    place.replaceChildren();
    Atlas.state.watchers = [show];
    views[name].show(place);
  };
  Atlas.state.watch(show);
  show();
};
