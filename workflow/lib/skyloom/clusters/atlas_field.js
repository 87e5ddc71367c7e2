"use strict";
// A survey tile in colour, on the sky, with layers: what each finder sees, the truth.
{
  const { data, h, state, COLOURS } = Atlas;
  const survey = data.survey, SIZE = 680;
  // As in the figures: who found a cluster of the catalogue, and each finder by itself.
  const FOUND_BY = { both: COLOURS.sky, filter: COLOURS.orange, encoder: COLOURS.green };
  const FINDERS = { encoder: ["encoder", COLOURS.green, "circle"],
    matched_filter: ["matched filter", COLOURS.orange, "diamond"],
    density: ["density map", COLOURS.purple, "square"] };
  const LAYERS = { catalogue: "catalogue", encoder: "○ encoder", matched_filter: "◇ matched filter",
    density: "□ density map", truth: "truth", members: "members", grid: "RA, Dec" };
  const HIDDEN = ["encoder", "matched_filter", "density"]; // until they are asked for
  const RAD = Math.PI / 180;

  // --- Sky: an affine map to a tangent plane, as the page's data has it -------------------
  const toSky = (plane, x, y) => {
    const [ra0, dec0, a, b, c, d, e, f] = plane;
    const east = (a * x + b * y + c) * RAD, north = (d * x + e * y + f) * RAD;
    const down = Math.cos(dec0 * RAD) - north * Math.sin(dec0 * RAD);
    const ra = ra0 + Math.atan2(east, down) / RAD;
    const dec = Math.atan2(Math.sin(dec0 * RAD) + north * Math.cos(dec0 * RAD), Math.hypot(east, down)) / RAD;
    return [((ra % 360) + 360) % 360, dec];
  };
  const toPixel = (plane, ra, dec) => {
    const [ra0, dec0, a, b, c, d, e, f] = plane;
    const turn = (ra - ra0) * RAD, sin = Math.sin(dec * RAD), cos = Math.cos(dec * RAD);
    const s0 = Math.sin(dec0 * RAD), c0 = Math.cos(dec0 * RAD);
    const away = s0 * sin + c0 * cos * Math.cos(turn);
    const u = (cos * Math.sin(turn)) / away / RAD - c;
    const v = (c0 * sin - s0 * cos * Math.cos(turn)) / away / RAD - f;
    const det = a * e - b * d;
    return [(e * u - b * v) / det, (a * v - d * u) / det];
  };
  const sexagesimal = (value, digits) => {
    const total = Math.abs(value) * 3600, whole = Math.floor(total / 60);
    const seconds = (total - whole * 60).toFixed(digits).padStart(3 + digits - (digits ? 0 : 1), "0");
    return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}:${seconds}`;
  };
  const where = ([ra, dec]) => `RA ${ra.toFixed(5)}°, Dec ${dec.toFixed(5)}° (${sexagesimal(ra / 15, 2)} ${
    dec < 0 ? "−" : "+"}${sexagesimal(dec, 1)})`;

  // --- One tile, or a part of it, with its layers -----------------------------------------
  const hidden = () => new Set((state.get("hide") || HIDDEN.join("-")).split("-"));
  const cut = () => {
    const asked = Number(state.get("above"));
    return state.get("above") && Number.isFinite(asked) ? asked : survey.judged.own;
  };
  const frame = (tile) => {
    const [nx, ny] = tile.size, side = Math.max(nx, ny);
    return { side, x: (x) => (side - nx) / 2 + x + 0.5, y: (y) => side - (side - ny) / 2 - (y + 0.5),
      back: (x, y) => [x - 0.5 - (side - nx) / 2, side - (side - ny) / 2 - y - 0.5] };
  };
  const cells = new Map();
  const probability = (tile) => {
    if (!cells.has(tile)) cells.set(tile, Uint8Array.from(atob(tile.cells.steps), (c) => c.charCodeAt(0)));
    return cells.get(tile);
  };
  const canvas = (tile, [, left, top, share]) => {
    const { rows, columns, side } = tile.cells, at = frame(tile), steps = probability(tile);
    const made = h("canvas", { width: columns, height: rows, "aria-hidden": "true", "data-layer": "probability" });
    const image = new ImageData(columns, rows);
    for (let i = 0; i < steps.length; i += 1) {
      const k = 4 * ((rows - 1 - Math.floor(i / columns)) * columns + (i % columns));
      image.data.set([...Atlas.shade(steps[i] / 255).match(/\d+/g).map(Number), 255], k);
    }
    made.getContext("2d").putImageData(image, 0, 0);
    const per = 100 / (share * at.side);
    const corner = [at.x(-0.5), at.y(rows * side - 0.5)];
    made.style.cssText = "position:absolute;image-rendering:pixelated;pointer-events:none;"
      + `left:${(corner[0] - left * at.side) * per}%;top:${(corner[1] - top * at.side) * per}%;`
      + `width:${columns * side * per}%;height:${rows * side * per}%;opacity:${Number(state.get("blend", "0")) / 100}`;
    return made;
  };
  const mark = (kind, x, y, r, look, title) => {
    const made = kind === "circle" ? h("circle", { cx: x, cy: y, r, ...look })
      : h("polygon", { points: (kind === "diamond" ? [[0, -r], [r, 0], [0, r], [-r, 0]]
        : [[-r, -r], [r, -r], [r, r], [-r, r]]).map(([a, b]) => `${x + a},${y + b}`).join(" "), ...look });
    made.append(h("title", {}, title));
    return made;
  };
  const line = (colour, width = 1.4) => ({ fill: "none", stroke: colour, "stroke-width": width,
    "vector-effect": "non-scaling-stroke", "pointer-events": "all" });
  const label = (x, y, size, words, anchor = "start") => h("text", { x, y, "text-anchor": anchor,
    style: `font-size:${size}px;fill:#fff;paint-order:stroke;stroke:#000;stroke-width:${size / 4}px` }, words);
  const step = (span) => [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((one) => span / one <= 5) || 1;

  const graticule = (tile, at, part, unit) => {
    const [, left, top, share] = part, lines = h("g", { "data-layer": "grid", "aria-hidden": "true" });
    const ends = [[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5]].map(([u, v]) =>
      toSky(tile.plane, ...at.back((left + u * share) * at.side, (top + v * share) * at.side)));
    const [ra0, dec0] = ends[4], turned = ends.map(([ra]) => ((ra - ra0 + 540) % 360) - 180);
    const ranges = [turned.map((v) => v + ra0), ends.map(([, dec]) => dec)].map((all) =>
      [Math.min(...all), Math.max(...all)]);
    const draw = (axis, value) => {
      const [low, high] = ranges[1 - axis], points = [];
      for (let k = 0; k <= 40; k += 1) {
        const other = low + ((high - low) * k) / 40;
        const [x, y] = toPixel(tile.plane, ...(axis ? [other, value] : [value, other]));
        const spot = [at.x(x), at.y(y)];
        const [u, v] = [(spot[0] / at.side - left) / share, (spot[1] / at.side - top) / share];
        if (u >= 0 && u <= 1 && v >= 0 && v <= 1) points.push(spot);
      }
      if (points.length < 2) return;
      lines.append(h("polyline", { points: points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" "),
        ...line("#fff", 0.6), opacity: 0.45, "pointer-events": "none" }));
      const [x, y] = points.reduce((a, b) => ((axis ? b[0] < a[0] : b[1] > a[1]) ? b : a));
      const words = `${Number((((axis ? value : value + 360) % (axis ? 1e9 : 360))).toFixed(4))}°`;
      lines.append(label(axis ? x + 4 * unit : x + 3 * unit, axis ? y - 3 * unit : y - 5 * unit, 11 * unit, words.replace("-", "−")));
    };
    for (const axis of [0, 1]) {
      const [low, high] = ranges[axis], by = step(high - low);
      for (let k = Math.ceil(low / by); k * by < high; k += 1) draw(axis, k * by);
    }
    return lines;
  };
  // North, east, and a length on the sky, in the upper right corner.
  const compass = (tile, at, part, unit) => {
    const [, left, top, share] = part, [, , a, b, , d, e] = tile.plane;
    const det = a * e - b * d, x = (left + share) * at.side - 24 * unit, y = top * at.side + 88 * unit;
    const made = h("g", { "aria-hidden": "true" });
    for (const [words, u, v] of [["N", -b, a], ["E", e, -d]]) {
      const size = Math.hypot(u, v) * Math.sign(det), way = [u / size, -v / size];
      made.append(h("line", { x1: x, y1: y, x2: x + 26 * unit * way[0], y2: y + 26 * unit * way[1], ...line("#fff") }),
        label(x + 35 * unit * way[0], y + 35 * unit * way[1] + 4 * unit, 12 * unit, words, "middle"));
    }
    const arcmin = [0.2, 0.5, 1, 2, 5, 10, 20].filter((one) => (one * 60) / tile.scale < share * at.side * 0.25).pop() || 0.1;
    const long = (arcmin * 60) / tile.scale, x0 = (left + share) * at.side - 14 * unit - long, y0 = top * at.side + 30 * unit;
    made.append(h("line", { x1: x0, x2: x0 + long, y1: y0, y2: y0, ...line("#fff", 2) }),
      label(x0 + long / 2, y0 - 6 * unit, 12 * unit, `${arcmin} arcmin`, "middle"));
    return made;
  };
  const drawn = (tile, number, part, chosen, width) => {
    const [, left, top, share] = part, at = frame(tile), off = hidden(), unit = (share * at.side) / width;
    const svg = h("svg", { viewBox: `${left * at.side} ${top * at.side} ${share * at.side} ${share * at.side}`,
      role: "img", "aria-label": `Tile ${tile.id} with what was found in it; the lists have it in words`,
      style: "position:absolute;inset:0;width:100%;height:100%" });
    if (!off.has("grid")) svg.append(graticule(tile, at, part, unit));
    for (const [x, y, r, z, rich, found] of (off.has("truth") ? null : tile.truth) || []) {
      svg.append(mark("circle", at.x(x), at.y(y), r, { ...line("#fff", 1.2),
        "stroke-dasharray": found ? null : "4 4", "data-layer": "truth" },
      `true cluster: z ${z}, richness ${rich}; ${found ? "found" : "not found"}`));
    }
    for (const [kind, [words, colour, form]] of Object.entries(FINDERS)) {
      for (const [x, y, score, z, rich] of (off.has(kind) ? null : tile.found[kind]) || []) {
        svg.append(mark(form, at.x(x), at.y(y), 7 * unit, { ...line(colour), "data-layer": kind },
          `${words}: score ${score}, z ${Atlas.number(z)}, richness ${Atlas.number(rich)}`));
      }
    }
    for (const one of off.has("catalogue") ? [] : survey.objects) {
      const spot = one.at.find(([k]) => k === number);
      if (!spot) continue;
      const [, x, y, r] = spot, colour = FOUND_BY[one.found_by], v = one.values;
      const words = `P ${Atlas.number(v.PROBABILITY, 2)}  z ${Atlas.number(v.Z, 2)}  λ ${Atlas.number(v.LAMBDA, 2)}`;
      const circle = mark("circle", at.x(x), at.y(y), r, { ...line(colour, one === chosen ? 3 : 1.4),
        "stroke-dasharray": v.PROBABILITY >= cut() ? null : "6 5", "data-layer": "catalogue",
        style: "cursor:pointer", opacity: chosen && one !== chosen ? 0.5 : 1,
        onclick: () => go(one) }, `${one.id}: ${words}; found by ${one.found_by}`);
      const cross = h("path", { d: `M${at.x(x) - 5 * unit},${at.y(y)}h${10 * unit}M${at.x(x)},${at.y(y) - 5 * unit}v${10 * unit}`,
        ...line(colour), "pointer-events": "none" });
      svg.append(circle, cross);
      if (chosen ? one === chosen : v.PROBABILITY >= cut()) {
        svg.append(label(at.x(x) + 6 * unit, at.y(y) - 5 * unit, 12 * unit, words));
      }
    }
    for (const [ra, dec, p] of (chosen && !off.has("members") ? chosen.members : [])) {
      const [x, y] = toPixel(tile.plane, ra, dec);
      svg.append(mark("circle", at.x(x), at.y(y), 4 * unit, { ...line("#fff", 1.2), opacity: Math.max(p, 0.25),
        "data-layer": "members" }, `member: probability ${p}`));
    }
    svg.append(compass(tile, at, part, unit));
    return svg;
  };
  const go = (one) => state.set({ view: "clusters", id: one.id, where: "", sort: "", flagged: "" });

  // Asked for, or as near as the whole circle of the cluster is seen.
  Atlas.zoom = (tile, number, chosen) => {
    const radius = chosen.at.find(([k]) => k === number)[3], room = Math.max(...tile.size) / (2.4 * radius);
    return Number(state.get("zoom")) || [8, 4, 2].find((zoom) => zoom <= room) || 1;
  };
  const field = (tile, number, chosen) => {
    const room = document.getElementById("view").clientWidth - 32 - (window.innerWidth > 760 ? 320 : 0);
    const width = Math.max(200, Math.min(SIZE, room));
    const readout = h("div", { class: "readout" }, "The position under the pointer is shown here.");
    const box = h("div", { style: `position:relative;overflow:hidden;width:${width}px;height:${width}px` });
    const part = () => {
      const zoom = chosen ? Atlas.zoom(tile, number, chosen) : 1;
      if (zoom === 1) return [number, 0, 0, 1];
      const [, x, y] = chosen.at.find(([k]) => k === number), at = frame(tile), share = 1 / zoom;
      const inside = (v) => Math.min(Math.max(v / at.side - share / 2, 0), 1 - share);
      return [number, inside(at.x(x)), inside(at.y(y)), share];
    };
    let key = "";
    const redraw = () => {
      const now = ["hide", "above", "zoom"].map((name) => state.get(name)).join("|");
      const blend = Number(state.get("blend", "0"));
      if (box.children.length && now === key) {
        box.querySelector("canvas").style.opacity = blend / 100;
        return;
      }
      key = now;
      const shown = part();
      box.replaceChildren(Atlas.sprite(shown, width, `Tile ${tile.id} in colour: bands i, r and g`),
        canvas(tile, shown), drawn(tile, number, shown, chosen, width));
    };
    box.addEventListener("pointermove", (event) => {
      const edge = box.getBoundingClientRect(), [, left, top, share] = part(), at = frame(tile);
      const [x, y] = at.back((left + ((event.clientX - edge.left) / edge.width) * share) * at.side,
        (top + ((event.clientY - edge.top) / edge.height) * share) * at.side);
      const { columns, rows, side } = tile.cells;
      const [i, j] = [Math.floor((x + 0.5) / side), Math.floor((y + 0.5) / side)];
      const p = i >= 0 && j >= 0 && i < columns && j < rows ? probability(tile)[j * columns + i] / 255 : null;
      readout.textContent = `${where(toSky(tile.plane, x, y))}; probability of a member ${Atlas.number(p, 2)}`;
    });
    redraw();
    Atlas.redraw = () => { if (box.isConnected) redraw(); };
    return h("div", {}, Atlas.layers(tile, number, chosen, hidden()), box, readout);
  };
  Object.assign(Atlas, { cut, field, go, FOUND_BY, FINDERS, LAYERS, where });
}
