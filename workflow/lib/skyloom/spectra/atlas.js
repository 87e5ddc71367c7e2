"use strict";
// Maps of spectra and of galaxies, unit by unit, and spectra placed on them.
{
  const { data, h, state, number } = Atlas;
  const folder = `${data.folder}/spectra`;
  const PROTOTYPE = Atlas.COLOURS.orange, SPECTRUM = Atlas.COLOURS.grey; // as in the figures
  const GAP = 65535;

  // What Python packed: a curve of 16 bits a value, and shares of 8 bits.
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const curve = ([low, high, text]) => {
    const view = new DataView(bytes(text).buffer), out = [];
    for (let i = 0; i < view.byteLength; i += 2) {
      const code = view.getUint16(i, true);
      out.push(code === GAP ? null : low + (code / (GAP - 1)) * (high - low));
    }
    return out;
  };
  const shades = ([top, text]) => ({ top, parts: Array.from(bytes(text), (code) => code / 255) });

  const name = (map, i) => `unit ${i} (row ${Math.floor(i / map.columns)}, column ${i % map.columns})`;
  const chosen = (key, map) => {
    const text = state.get(key), i = Number(text);
    return text !== "" && Number.isInteger(i) && i >= 0 && i < map.rows * map.columns ? i : null;
  };
  const quantity = (plane, i) => `${plane.label} ${number(plane.values[i])} ${plane.unit}`.trim();
  const side = (map, width) => Math.max(7, Math.min(56, Math.floor(width / map.columns)));
  const lies = (map) => `Row 0 is at the bottom${map.torus ? "; opposite edges touch" : ""}.`;
  const go = (view, changes) => state.set({ view, where: "", id: "", ...changes });
  const link = (words, act) => h("button", { onclick: act, style: "margin:0 4px 4px 0;padding:1px 6px" }, words);

  // A map of units with the choice of what its colours show; mark(i) of it as a grid's.
  const map_of = (map, { key, title, now, choose, visit }) => {
    const holder = h("div", {}), made = h("div", {});
    const select = h("select", { id: key, onchange: () => state.set({ [key]: select.value }) },
      map.planes.map((plane, k) => h("option", { value: k || "" }, `${plane.label}${plane.unit ? ` [${plane.unit}]` : ""}`)));
    let shown = null, grid = null;
    made.draw = (i) => {
      const k = Number(state.get(key)) in map.planes ? Number(state.get(key)) : 0, plane = map.planes[k];
      if (k === shown) { grid.mark(i); return; }
      shown = k;
      select.value = k || "";
      grid = Atlas.grid({ ...map, values: plane.counts ? plane.values.map((v) => v || null) : plane.values, limits: plane.limits, up: true, chosen: i, choose, visit,
        side: side(map, 400), name: `${title}: ${plane.label}`, label: (u) => `${name(map, u)}: ${quantity(plane, u)}` });
      holder.replaceChildren(grid);
    };
    made.append(h("div", { class: "controls" }, h("label", { for: key, style: "flex:1" }, "Colours show", select)),
      holder, h("p", { class: "quiet" }, `${lies(map)} Grey: none, or not known.`));
    made.draw(now);
    return made;
  };
  const beside = (left, right) => h("div", { class: "beside" }, h("div", {}, left), h("div", {}, right));
  const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
  // Quantities with the names that conditions know them by.
  const quantities = (fields, values) => Atlas.table(Object.entries(fields).map(([key, field]) =>
    [[field.label, " ", h("code", {}, key)], values[key], "", field.unit]), "Quantities");

  // ---- the map of spectra ----
  const waves = (map) => Array.from({ length: map.wave[2] }, (_, i) => map.wave[0] * 10 ** (map.wave[1] * i));
  // All of a prototype and 99 % of a spectrum, with room above for the names of lines.
  const bounds = (prototype, y, above) => {
    const sorted = (y || []).filter(Number.isFinite).sort((a, b) => a - b);
    const at = (t) => sorted[Math.round(t * (sorted.length - 1))] ?? prototype[0];
    const low = prototype.reduce((m, v) => Math.min(m, v), at(0.005)), high = prototype.reduce((m, v) => Math.max(m, v), at(0.995));
    const span = high - low || 1;
    return { from: low - 0.08 * span, to: high + above * span };
  };
  const spectrum = (map, i, wave, prototype, one) => {
    const y = one ? curve(one.curve) : null;
    const series = [{ name: "prototype", colour: PROTOTYPE, x: wave, y: prototype, width: 1.4 }];
    if (one) series.unshift({ name: "spectrum", colour: SPECTRUM, x: wave, y, width: 0.8 });
    return Atlas.plot({ series, height: one ? 190 : 280, label: one
      ? `Spectrum of ${one.galaxy} and the prototype of ${name(map, i)}` : `Prototype of ${name(map, i)}`,
    x: { label: "wavelength at rest, in vacuum [Å]", from: wave[0], to: wave[wave.length - 1] },
    y: { label: "scaled flux", ...bounds(prototype, y, one ? 0.08 : 0.25) },
    marks: one ? [] : map.lines.map(([label, x]) => ({ x, label })) });
  };

  // The 68 % of a label within a unit, on the range of the whole map.
  const bar = (label, i) => {
    const [low, high] = label.limits, at = (v) => 120 * (v - low) / (high - low || 1);
    const ends = [label.lower[i], label.median[i], label.upper[i]];
    if (ends.some((v) => v === null)) return "";
    return h("svg", { viewBox: "0 0 122 14", width: 122, height: 14, role: "img",
      "aria-label": `68 % from ${number(ends[0])} to ${number(ends[2])}; the map from ${number(low)} to ${number(high)}` },
    h("line", { x1: 1, x2: 121, y1: 7, y2: 7, stroke: "#c8ccd2" }),
    h("rect", { x: 1 + at(ends[0]), y: 3, width: Math.max(1, at(ends[2]) - at(ends[0])), height: 8, fill: "#56b4e9" }),
    h("rect", { x: at(ends[1]), y: 0, width: 2, height: 14, fill: "#000" }));
  };
  const distributions = (map, i) => map.labels.length ? h("div", { class: "wide" },
    h("h3", {}, "Labels of its training spectra"),
    h("table", {}, h("thead", {}, h("tr", {}, ["label", "median", "68 %", "map's range"].map((words) =>
      h("th", { scope: "col" }, words)))),
    h("tbody", {}, map.labels.map((label) => h("tr", {}, h("th", { scope: "row" }, `${label.label}${label.unit ? ` [${label.unit}]` : ""}`),
      h("td", { class: "number" }, number(label.median[i])),
      h("td", {}, label.median[i] === null ? "–" : `${number(label.lower[i])} to ${number(label.upper[i])}`),
      h("td", {}, bar(label, i))))))) : null;

  const inhabitants = (map, i) => map.members ? h("div", {},
    h("h3", {}, `${count(map.count[i], "galaxy has", "galaxies have")} spectra here`),
    map.count[i] ? h("p", { class: "quiet" }, `With the share of the galaxy that is here${
      map.count[i] > map.members[i].length ? `; those of the ${map.members[i].length} largest shares` : ""}:`) : null,
    map.members[i].map(([id, share]) => link(`${id}: ${number(100 * share, 2)} %`, () => go("galaxies", { id })))) : null;

  const unit_flags = (map, i) => {
    const of = (label) => (map.planes.find((plane) => plane.label === label) || { values: [] }).values[i];
    if (of("training spectra") === 0) return ["no training spectrum lies here: its prototype lies between those of others"];
    return of("training galaxies") === 1 ? ["all its training spectra are of one galaxy"] : [];
  };

  const unit = (map, i) => {
    const wave = waves(map), prototype = curve(map.prototypes[i]);
    const some = (map.spectra || [])[i] || [];
    return h("article", {}, h("h2", {}, name(map, i).replace("u", "U")),
      Atlas.flags(unit_flags(map, i)),
      h("h3", {}, `Prototype (${map.flux})`), spectrum(map, i, wave, prototype),
      distributions(map, i), inhabitants(map, i),
      map.placed && map.placed[i] ? link(`${count(map.placed[i], "placed spectrum lies", "placed spectra lie")} here`, () => go("placed", { where: `bmu = ${i}` })) : null,
      some.length ? h("h3", {}, "Test spectra here, from the nearest to the furthest from the prototype") : null,
      some.map((one) => h("div", {}, h("p", { class: "quiet" },
        `${one.galaxy}, S/N ${number(one.sn)} a pixel, distance ${number(one.distance)}`),
      spectrum(map, i, wave, prototype, one))),
      h("h3", {}, "All quantities"),
      Atlas.table(map.planes.filter((plane) => plane.values[i] !== null).map((plane) =>
        [plane.label, plane.values[i], "", plane.unit]), "Quantities of the unit"),
      Atlas.source(map.files, map.files.slice(0, 2)));  // to train the map again takes hours
  };

  const show_spectra = (place) => {
    const map = data.map, detail = h("section", { "aria-label": "Unit" });
    const first = map.planes[0].values.reduce((best, v, i, all) => (v > all[best] ? i : best), 0);
    const now = () => chosen("unit", map) ?? first;
    let drawn = null;
    const draw = (i) => { if (i !== drawn) detail.replaceChildren(unit(map, i)); drawn = i; };
    const grid = map_of(map, { key: "colour", title: "Map of spectra", now: now(),
      choose: (i) => state.set({ unit: i }), visit: (i) => draw(i ?? now()) });
    place.append(h("p", { class: "quiet" }, "Point at a unit, or walk with the arrow keys, to look at it; a click or Enter keeps it."
      + (map.given ? ` This run trained no map: this is ${map.given}.` : "")),
      beside(grid, detail));
    state.watch(() => { grid.draw(now()); draw(now()); });
    draw(now());
  };

  // ---- the map of galaxies ----
  const print = (packed, lie, words, width = 250) => {
    const { top, parts } = shades(packed);
    return h("figure", {}, Atlas.grid({ ...lie, values: parts.map((v) => v * top), limits: [0, top], up: true, chosen: null,
      side: Math.max(5, Math.min(24, Math.floor(width / lie.columns))), name: words,
      label: (i) => `${name(lie, i)} of the map of spectra: ${number(100 * parts[i] * top, 2)} %`,
      choose: (i) => go("spectra", { unit: i }) }), h("figcaption", {}, words));
  };
  const classes = (one) => one.kinds.length ? h("div", {}, h("h3", {}, "True classes, of the simulation"),
    Atlas.table(one.kinds)) : null;
  const galaxy = (one) => {
    const { map, fields, objects } = data.galaxies, i = one.values.bmu2;
    return h("article", {}, h("h2", {}, `Galaxy ${one.id}`),
      h("p", { class: "quiet" }, `${one.words}; ${i < 0 ? "no unit" : name(map, i)}`), Atlas.flags(one.flags),
      h("div", { class: "tiles" },
        one.print ? print(one.print, map.prints, "Its fingerprint: share of its spectra at each unit of the map of spectra")
          : h("p", {}, "Its fingerprint is not on this page."),
        i < 0 ? null : print(map.prototypes[i], map.prints, `Prototype of ${name(map, i)}, scaled as the map is`)),
      h("p", { class: "quiet" }, "A click on a unit shows it on the map of spectra."),
      classes(one), h("h3", {}, "Catalogue"),
      quantities(fields, one.values),
      Atlas.similar(one.similar, objects),
      Atlas.source([...data.galaxies.files, `${folder}/fingerprints/${one.file}.npy`]));
  };

  const of_unit = (text, key) => (text.match(new RegExp(`^${key} = (\\d+)$`)) || [])[1];
  const show_galaxies = (place) => {
    const { map, objects, fields } = data.galaxies;
    fit(fields);
    const now = () => { const i = of_unit(state.get("where"), "bmu2"); return i === undefined ? null : Number(i); };
    const about = h("section", { "aria-label": "Unit" });
    const grid = map_of(map, { key: "shade", title: "Map of galaxies", now: now(),
      choose: (i) => state.set({ where: `bmu2 = ${i}`, id: "" }), visit: () => {} });
    let told;
    const draw = () => {
      const i = now();
      grid.draw(i);
      if (i === told) return;
      told = i;
      about.replaceChildren(...(i === null ? [h("p", {}, "Choose a unit to see its galaxies alone.")]
        : [h("h2", {}, name(map, i).replace("u", "U")), print(map.prototypes[i], map.prints, "Its prototype fingerprint, scaled as the map is", 220),
          link("all galaxies", () => state.set({ where: "", id: "" }))]));
    };
    place.append(beside(grid, about));
    draw();
    Atlas.browse({ place, objects, fields, noun: "galaxies", show: galaxy,
      line: (one) => (one.values.bmu2 < 0 ? "no unit" : `unit ${one.values.bmu2}, novelty ${number(one.values.novelty)} %`) });
    state.watch(draw);
  };
  // A condition on quantities of another view does not hold here.
  const fit = (fields) => { if (Atlas.condition(state.get("where"), fields).problems.length) state.set({ where: "" }); };

  // ---- placed spectra ----
  // A map of a cube: what the pointer is on is read out, a click shows its unit.
  const sky = ({ shape: [ny, nx], planes, bmu }, one) => {
    const side = Math.max(2, Math.min(24, Math.floor(340 / Math.max(nx, ny)))), units = curve(bmu);
    const canvas = h("canvas", { width: nx * side, height: ny * side, role: "img", style: "max-width:100%" });
    const readout = h("p", { class: "readout", "aria-live": "polite" }), scale = h("p", { class: "readout" });
    let plane, values;
    const draw = () => {
      plane = planes[Number(select.value)];
      values = curve(plane.curve);
      const pen = canvas.getContext("2d"), [low, high] = plane.limits;
      values.forEach((v, k) => {
        pen.fillStyle = v === null ? "#d9d9d9" : Atlas.shade((v - low) / (high - low || 1));
        pen.fillRect((k % nx) * side, (ny - 1 - Math.floor(k / nx)) * side, side, side);
      });
      if (one.at) {
        pen.strokeStyle = Atlas.COLOURS.vermillion;
        pen.lineWidth = 2;
        pen.strokeRect(one.at[0] * side, (ny - 1 - one.at[1]) * side, side, side);
      }
      canvas.setAttribute("aria-label", `Map of the cube: ${plane.label}`);
      scale.textContent = `From ${number(low)} (dark) to ${number(high)}${plane.unit && ` ${plane.unit}`} (bright). Row 0 is at the bottom. Grey: nothing was placed.`;
    };
    const spaxel = (event) => {
      const frame = canvas.getBoundingClientRect();
      const column = Math.floor((event.clientX - frame.left) / frame.width * nx);
      const row = ny - 1 - Math.floor((event.clientY - frame.top) / frame.height * ny);
      return column >= 0 && column < nx && row >= 0 && row < ny ? [column, row, row * nx + column] : null;
    };
    canvas.addEventListener("pointermove", (event) => {
      const [column, row, k] = spaxel(event) || [];
      if (k !== undefined) readout.textContent = `Column ${column}, row ${row}: ${values[k] === null ? "nothing placed"
        : `${number(values[k])}${plane.unit && ` ${plane.unit}`}, unit ${Math.round(units[k])}`}`;
    });
    if (data.placed.on_map) canvas.addEventListener("click", (event) => {
      const [, , k] = spaxel(event) || [];
      if (k !== undefined && units[k] !== null) go("spectra", { unit: Math.round(units[k]) });
    });
    const select = h("select", { id: "cube", onchange: () => { state.set({ cube: select.value === "0" ? "" : select.value }); draw(); } },
      planes.map((each, k) => h("option", { value: k }, `${each.label}${each.unit ? ` [${each.unit}]` : ""}`)));
    select.value = Number(state.get("cube")) in planes ? Number(state.get("cube")) : 0;
    draw();
    return h("div", {}, h("div", { class: "controls" }, h("label", { for: "cube", style: "flex:1" }, "Map of the cube", select)),
      canvas, scale, readout);
  };
  const placed_file = (file, one) => h("div", {}, h("h3", {}, `The file ${file.file}`),
    h("p", {}, `${file.kind}, ${file.spectra} spectra${file.left_out ? `, of which ${file.left_out} are not in this list` : ""}.`),
    Object.entries(file.rejected).map(([reason, count]) => h("p", { class: "banner" }, `${count} rejected: ${reason}`)),
    Object.entries(file.coherence).map(([axis, [value, p]]) => h("p", { class: "quiet" },
      `Moran's I of ${axis.replace("_", " ")}: ${number(value)}, p = ${number(p)}`)),
    file.cube ? sky(file.cube, one) : null,
    file.picture ? h("img", { src: file.picture, alt: `Picture of what was placed of ${file.file}`, style: "max-width:100%" })
      : h("p", {}, `Its picture is ${folder}/placed/${file.name}.png.`));
  const placed = (one) => {
    const { fields, labels, files, on_map: known } = data.placed, file = files[one.file], i = one.values.bmu;
    const rest = Object.fromEntries(Object.entries(fields).filter(([key]) => !labels.includes(key)));
    return h("article", {}, h("h2", {}, one.id), h("p", { class: "quiet" }, one.words), Atlas.flags(one.flags),
      labels.length ? h("div", {}, h("h3", {}, "Labels with their 68 % intervals"), Atlas.table(labels.map((key) =>
        [fields[key].label, one.values[key], one.ends[key][0] === null ? "" : one.ends[key].map((v) => number(v)).join(" to "), fields[key].unit]))) : null,
      h("h3", {}, "Where it lies, and how unusual it is"),
      quantities(rest, one.values),
      i !== null && known ? h("div", {}, h("h3", {}, `Prototype of ${name(data.map, i)}`),
        spectrum(data.map, i, waves(data.map), curve(data.map.prototypes[i])),
        link("this unit on the map", () => go("spectra", { unit: i }))) : null,
      placed_file(file, one), Atlas.source([`${folder}/placed/${file.name}.fits`]));
  };
  const show_placed = (place) => {
    fit(data.placed.fields);
    Atlas.browse({ place, objects: data.placed.objects, fields: data.placed.fields, noun: "spectra", show: placed,
      line: (one) => (one.values.bmu === null ? "rejected" : `unit ${one.values.bmu}, novelty ${number(one.values.novelty)} %`) });
  };

  const views = {};
  if (data.map) views.spectra = { label: "Map of spectra", show: show_spectra };
  if (data.galaxies) views.galaxies = { label: "Map of galaxies", show: show_galaxies };
  if (data.placed) views.placed = { label: "Placed spectra", show: show_placed };
  if (Object.keys(views).length) Atlas.views(views);
}
