"use strict";
// A plot of lines and points with axes, as SVG: sharp, small, and read aloud by its label.
Atlas.COLOURS = { black: "#000000", orange: "#e69f00", sky: "#56b4e9", green: "#009e73",
  yellow: "#f0e442", blue: "#0072b2", vermillion: "#d55e00", purple: "#cc79a7", grey: "#7f7f7f" };

// About `n` round numbers between two.
Atlas.ticks = (low, high, n = 6) => {
  const raw = (high - low) / n, power = 10 ** Math.floor(Math.log10(raw));
  // The nearest, not the next larger: a short axis keeps two ticks at least.
  const step = [1, 2, 5, 10].map((k) => k * power).find((one) => one >= 0.7 * raw);
  const out = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-12); k += 1) {
    out.push(Number((k * step).toPrecision(12)));
  }
  return out;
};

// Parameters: x, y {label, from, to}; series [{name, colour, x, y, low, high, points, width}];
// marks [{x, label, colour}]; top {label, of, back}: a second axis, of(x) and its inverse;
// label: what the plot shows, in words. Values of null are gaps.
Atlas.plot = ({ x, y, series = [], marks = [], top = null, label, height = 300,
  width = Math.min(760, document.documentElement.clientWidth - 32) }) => {
  const h = Atlas.h, box = { left: 62, right: 14, top: top ? 40 : 12, bottom: 44 };
  const known = (key) => series.flatMap((one) => one[key] || []).filter((v) => Number.isFinite(v));
  const least = (a) => a.reduce((m, v) => Math.min(m, v), Infinity);
  const most = (a) => a.reduce((m, v) => Math.max(m, v), -Infinity);
  const range = (axis, values) => {
    let low = axis.from ?? least(values), high = axis.to ?? most(values);
    if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 1];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const pad = (high - low) * 0.04;
    return [axis.from === undefined ? low - pad : low, axis.to === undefined ? high + pad : high];
  };
  const [x0, x1] = range(x, known("x")), [y0, y1] = range(y, [...known("y"), ...known("low"), ...known("high")]);
  const w = width - box.left - box.right, t = height - box.top - box.bottom;
  const px = (v) => box.left + ((v - x0) / (x1 - x0)) * w, py = (v) => box.top + (1 - (v - y0) / (y1 - y0)) * t;
  const at = (v) => v.toFixed(1);
  const svg = h("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  const text = (a, b, words, anchor = "middle", turn = null) => h("text", { x: at(a), y: at(b),
    "text-anchor": anchor, transform: turn }, words);
  const clip = `clip-${Math.random().toString(36).slice(2)}`;
  svg.insertAdjacentHTML("beforeend",
    `<clipPath id="${clip}"><rect x="${box.left}" y="${box.top}" width="${w}" height="${t}"/></clipPath>`);
  const inside = h("g", { "clip-path": `url(#${clip})` });
  for (const one of series) {
    if (one.points || one.x.length < 6) {
      one.x.forEach((v, i) => {
        if (!Number.isFinite(v) || !Number.isFinite(one.y[i])) return;
        if (one.low && Number.isFinite(one.low[i])) inside.append(h("line", { x1: at(px(v)), x2: at(px(v)), y1: at(py(one.low[i])),
          y2: at(py(one.high[i])), stroke: one.colour, "stroke-width": 1 }));
        inside.append(h("circle", { cx: at(px(v)), cy: at(py(one.y[i])), r: 3, fill: one.colour }));
      });
      continue;
    }
    if (one.low) {
      const there = one.x.map((v, i) => [v, one.low[i], one.high[i]]).filter((p) => p.every(Number.isFinite));
      inside.append(h("path", { fill: one.colour, opacity: 0.2, d: `M${[
        ...there.map((p) => `${at(px(p[0]))},${at(py(p[2]))}`),
        ...there.reverse().map((p) => `${at(px(p[0]))},${at(py(p[1]))}`)].join("L")}Z` }));
    }
    let path = "", pen = false;
    one.x.forEach((v, i) => {
      const there = Number.isFinite(one.y[i]) && one.y[i] !== null;
      if (there) path += `${pen ? "L" : "M"}${at(px(v))},${at(py(one.y[i]))}`;
      pen = there;
    });
    inside.append(h("path", { d: path, fill: "none", stroke: one.colour, "stroke-width": one.width || 1.2,
      "stroke-linejoin": "round", "stroke-dasharray": one.dash || null }));
  }
  marks.filter((one) => one.x > x0 && one.x < x1).forEach((one, i) => {
    inside.append(h("line", { x1: at(px(one.x)), x2: at(px(one.x)), y1: box.top, y2: box.top + t,
      stroke: one.colour || "#888", "stroke-dasharray": "4 3" }));
    const late = px(one.x) > box.left + 0.85 * w; // no room on its right
    if (one.label) inside.append(text(px(one.x) + (late ? -3 : 3), box.top + 13 + (i % (width < 500 ? 5 : 3)) * 13, one.label, late ? "end" : "start"));
  });
  svg.append(inside, h("rect", { class: "axis", x: box.left, y: box.top, width: w, height: t }));
  for (const v of Atlas.ticks(x0, x1, Math.max(3, w / 110))) {
    svg.append(h("line", { class: "axis", x1: at(px(v)), x2: at(px(v)), y1: box.top + t, y2: box.top + t + 5 }),
      text(px(v), box.top + t + 18, String(v)));
  }
  for (const v of Atlas.ticks(y0, y1, Math.max(2, t / 50))) {
    svg.append(h("line", { class: "axis", x1: box.left - 5, x2: box.left, y1: at(py(v)), y2: at(py(v)) }),
      text(box.left - 8, py(v) + 4, String(v), "end"));
  }
  svg.append(text(box.left + w / 2, height - 6, x.label),
    text(14, box.top + t / 2, y.label, "middle", `rotate(-90 14 ${box.top + t / 2})`));
  if (top) {
    for (const v of Atlas.ticks(top.of(x0), top.of(x1), Math.max(3, w / 110))) {
      const there = px(top.back(v));
      svg.append(h("line", { class: "axis", x1: at(there), x2: at(there), y1: box.top - 5, y2: box.top }),
        text(there, box.top - 9, String(v)));
    }
    svg.append(text(box.left + w / 2, 12, top.label));
  }
  const readout = h("div", { class: "readout" });
  svg.addEventListener("pointermove", (event) => {
    const frame = svg.getBoundingClientRect();
    const v = x0 + (((event.clientX - frame.left) * (width / frame.width) - box.left) / w) * (x1 - x0);
    if (v < x0 || v > x1) return;
    const there = series.filter((one) => one.x.length).map((one) => {
      const i = one.x.reduce((best, u, k) => (Math.abs(u - v) < Math.abs(one.x[best] - v) ? k : best), 0);
      return `${one.name ? `${one.name} ` : ""}${Atlas.number(one.y[i])}`;
    });
    readout.textContent = `${x.label} ${Atlas.number(v, 4)}: ${there.join(", ")}`;
  });
  const legend = h("div", { class: "legend" }, series.filter((one) => one.name).map((one) =>
    h("span", { style: `--colour:${one.colour}` }, one.name)));
  return h("div", {}, svg, legend, readout);
};

// A grid of units, shaded by values; arrow keys and the mouse choose one.
// Parameters: rows, columns, values [row * columns + column], label(i) -> text, chosen,
// colour(t) of t in [0, 1], choose(i), name: what the grid shows; limits: values of the
// first and the last colour, by default the least and the largest; up: row 0 is at the
// bottom, as in figures of maps; hexagonal: odd rows lie half a step to the right;
// visit(i): a unit that is looked at, null when none is any more; picture: the scale and
// the text below are left out.
// The element's mark(i) shows another unit as the chosen one.
Atlas.grid = ({ rows, columns, values, label, chosen, choose, name, colour = Atlas.shade, side = 24,
  limits = null, up = false, hexagonal = false, visit = () => {}, picture = false }) => {
  const h = Atlas.h, there = values.filter(Number.isFinite);
  const low = limits ? limits[0] : there.reduce((m, v) => Math.min(m, v), Infinity);
  const high = limits ? limits[1] : there.reduce((m, v) => Math.max(m, v), -Infinity);
  const step = hexagonal ? side * Math.sqrt(3) / 2 : side, gap = side > 12 ? 0.5 : 0;
  const width = (columns + (hexagonal ? 0.5 : 0)) * side, height = (rows - 1) * step + side * (hexagonal ? 2 / Math.sqrt(3) : 1);
  const svg = h("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "grid", "aria-label": name });
  const readout = h("div", { class: "readout", "aria-live": "polite" }, chosen === null ? "" : label(chosen));
  const shape = (row, column, rest) => {
    const x = column * side, y = (up ? rows - 1 - row : row) * step;
    if (!hexagonal) return h("rect", { ...rest, x: x + gap, y: y + gap, width: side - 2 * gap, height: side - 2 * gap });
    const [cx, cy, r] = [x + side / 2 + (row % 2) * side / 2, y + side / Math.sqrt(3), side / Math.sqrt(3) - gap];
    const corners = [30, 90, 150, 210, 270, 330].map((turn) => turn * Math.PI / 180)
      .map((turn) => `${(cx + r * Math.cos(turn)).toFixed(1)},${(cy + r * Math.sin(turn)).toFixed(1)}`);
    return h("polygon", { ...rest, points: corners.join(" ") });
  };
  const look = (i) => { readout.textContent = label(i); visit(i); };
  const lines = [];
  for (let row = 0; row < rows; row += 1) {
    const line = h("g", { role: "row" });
    for (let column = 0; column < columns; column += 1) {
      const i = row * columns + column, v = values[i];
      line.append(shape(row, column, { class: `unit${i === chosen ? " chosen" : ""}`, role: "gridcell", "data-unit": i,
        fill: Number.isFinite(v) ? colour(high > low ? (v - low) / (high - low) : 0.5) : "#e3e3e3",
        tabindex: i === (chosen ?? 0) ? 0 : -1, "aria-label": label(i), "aria-selected": i === chosen,
        onclick: () => choose(i), onpointerenter: () => look(i), onfocus: () => look(i) }));
    }
    lines.push(line);
  }
  svg.append(...(up ? lines.reverse() : lines));
  svg.addEventListener("pointerleave", () => visit(null));
  svg.addEventListener("keydown", (event) => {
    const i = Number(event.target.dataset.unit), row = Math.floor(i / columns), column = i % columns, down = up ? -1 : 1;
    const to = { ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1], ArrowUp: [row - down, column],
      ArrowDown: [row + down, column], Home: [row, 0], End: [row, columns - 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(i); return; }
    if (!to) return;
    event.preventDefault();
    const next = Math.min(Math.max(to[0], 0), rows - 1) * columns + Math.min(Math.max(to[1], 0), columns - 1);
    event.target.tabIndex = -1;
    const rect = svg.querySelector(`[data-unit="${next}"]`);
    rect.tabIndex = 0;
    rect.focus();
  });
  const scale = h("div", { class: "readout" },
    `${Atlas.number(low)} `, h("span", { "aria-hidden": "true", style: `display:inline-block;width:120px;height:10px;background:linear-gradient(90deg,${
      [0, 0.25, 0.5, 0.75, 1].map(colour).join(",")})` }), ` ${Atlas.number(high)}`);
  const made = h("div", {}, svg, picture ? null : [scale, readout]);
  made.mark = (i) => {
    for (const unit of svg.querySelectorAll(".unit")) {
      const mine = Number(unit.dataset.unit) === i;
      unit.classList.toggle("chosen", mine);
      unit.setAttribute("aria-selected", mine);
      if (i !== null) unit.tabIndex = mine ? 0 : -1;
    }
    readout.textContent = i === null ? "" : label(i);
  };
  return made;
};

// Cividis, the sequential map of all figures, between five of its colours.
Atlas.shade = (t) => {
  const stops = [[0, 34, 78], [61, 78, 109], [124, 123, 120], [188, 174, 108], [253, 231, 55]];
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2);
  const mix = stops[i].map((v, k) => Math.round(v + (stops[i + 1][k] - v) * (at - i)));
  return `rgb(${mix.join(",")})`;
};
