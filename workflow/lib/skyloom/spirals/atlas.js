"use strict";
// Galaxies: the picture with maps of arms and bar, drawings, votes, and what was measured.
{
  const { data, h, state, COLOURS } = Atlas, folder = `${data.folder}/spirals`, WIDTH = 420;
  const KINDS = { spiral: { colour: COLOURS.sky, words: "arms" }, bar: { colour: COLOURS.orange, words: "bar" } };
  const LAYERS = { bar: "bar as measured", pitch: "pitch angle as measured", disk: "disk as measured",
    drawn_spiral: "volunteers' arms", drawn_bar: "volunteers' bars" };
  const FULL = 0.8; // share from which a tint hides the picture, as in the figures
  const SHOWN = "80"; // per cent of the maps, until another is asked for
  const RARE = 0.3; // probability of being asked below which answers are pale
  const hidden = () => new Set((state.get("hide") || "pitch-disk-drawn_spiral-drawn_bar").split("-"));
  const blend = (kind) => Number(state.get(kind, SHOWN));

  // --- Maps over the picture ------------------------------------------------------------------
  const decoded = new Map();
  const steps = (one, kind) => {
    const key = `${one.id} ${kind}`;
    if (!decoded.has(key)) decoded.set(key, Uint8Array.from(atob(one.maps[kind]), (c) => c.charCodeAt(0)));
    return decoded.get(key);
  };
  const tint = (one, kind) => {
    const { side, covers } = one.maps, colour = KINDS[kind].colour.match(/[0-9a-f]{2}/g).map((c) => parseInt(c, 16));
    const made = h("canvas", { width: side, height: side, "aria-hidden": "true", "data-map": kind });
    const image = new ImageData(side, side);
    steps(one, kind).forEach((v, i) => image.data.set([...colour, Math.min(255, Math.round(v / FULL))], 4 * i));
    made.getContext("2d").putImageData(image, 0, 0);
    const part = (100 * covers) / one.size;
    made.style.cssText = `position:absolute;left:0;bottom:0;width:${part}%;height:${part}%;pointer-events:none;`
      + `opacity:${blend(kind) / 100}`;
    return made;
  };
  const look = (colour, width, dash) => ({ fill: "none", stroke: colour, "stroke-width": width,
    "stroke-dasharray": dash, "vector-effect": "non-scaling-stroke" });
  // Position angles are from north through east: to the left from the top.
  const ellipse = (x, y, a, b, pa, colour, dash) => h("ellipse", { cx: x, cy: y, rx: b, ry: a,
    transform: `rotate(${-pa} ${x} ${y})`, ...look(colour, 2, dash) });
  const spirals = (one, middle) => {
    const v = one.values, tan = Math.tan((v.pitch_angle * Math.PI) / 180), out = v.disk_radius_px || one.size / 2;
    const ratio = v.disk_ratio ?? 1, pa = ((v.disk_pa ?? 0) * Math.PI) / 180, sense = one.said.winding === "S" ? -1 : 1;
    const n = one.said.winding ? v.arm_number || 1 : 0, made = []; // one where the number is not known
    for (let arm = 0; arm < n; arm += 1) {
      const points = [];
      for (let k = 0; k <= 60; k += 1) {
        const r = out * 0.25 * (4 ** (k / 60)), phase = sense * (Math.log(r / (out * 0.25)) / tan) + (2 * Math.PI * arm) / n;
        const along = r * Math.cos(phase), across = r * Math.sin(phase) * ratio;
        points.push([middle - Math.sin(pa) * along - Math.cos(pa) * across, middle - Math.cos(pa) * along + Math.sin(pa) * across]);
      }
      made.push(h("polyline", { points: points.map((p) => p.map((q) => q.toFixed(2)).join(",")).join(" "),
        ...look(COLOURS.sky, 2, "5 4"), "data-layer": "pitch" }));
    }
    return made;
  };
  const drawn = (one) => {
    const off = hidden(), size = one.size, v = one.values, middle = size / 2;
    const svg = h("svg", { viewBox: `0 0 ${size} ${size}`, role: "img",
      "aria-label": "Drawn over the picture: what was measured, and volunteers' strokes; the tables have it in words",
      style: "position:absolute;inset:0;width:100%;height:100%" });
    for (const kind of Object.keys(KINDS)) {
      for (const stroke of (one.drawn && !off.has(`drawn_${kind}`) ? one.drawn[kind] : [])) {
        svg.append(h("polygon", { points: stroke.map(([x, y]) => `${x + 0.5},${(size - y - 0.5).toFixed(1)}`).join(" "),
          ...look(KINDS[kind].colour, 1), opacity: 0.7, "data-layer": `drawn_${kind}` }));
      }
    }
    if (!off.has("disk") && v.disk_radius_px) {
      svg.append(ellipse(middle, middle, v.disk_radius_px, v.disk_radius_px * v.disk_ratio, v.disk_pa, COLOURS.blue, "6 4"));
    }
    if (!off.has("bar") && v.bar_length_px) {
      const half = v.bar_length_px / 2, pa = (v.bar_pa * Math.PI) / 180, [x, y] = [Math.sin(pa) * half, Math.cos(pa) * half];
      svg.append(ellipse(middle, middle, half, half * (1 - v.bar_ellipticity), v.bar_pa, COLOURS.yellow),
        h("line", { x1: middle + x, y1: middle + y, x2: middle - x, y2: middle - y, ...look(COLOURS.yellow, 1.5), "data-layer": "bar" }));
    }
    if (!off.has("pitch") && v.pitch_angle) svg.append(...spirals(one, middle));
    const mark = (x, y, words) => h("text", { x, y, "text-anchor": "middle", style:
      `font-size:${size / 26}px;fill:#fff;paint-order:stroke;stroke:#000;stroke-width:${size / 130}px` }, words);
    svg.append(h("path", { d: `M${size * 0.93},${size * 0.95}V${size * 0.86}M${size * 0.93},${size * 0.95}H${size * 0.84}`,
      ...look("#fff", 1.5) }), mark(size * 0.93, size * 0.845, "N"), mark(size * 0.815, size * 0.963, "E"));
    if (one.scale) {
      const arcsec = [1, 2, 5, 10, 20, 50, 100].filter((each) => each / one.scale < size * 0.35).pop() || 0.5;
      const long = arcsec / one.scale;
      svg.append(h("path", { d: `M${size * 0.05},${size * 0.95}h${long}`, ...look("#fff", 2) }),
        mark(size * 0.05 + Math.max(long / 2, size * 0.07), size * 0.93, `${arcsec}″`));
    }
    return svg;
  };
  const panel = (one) => {
    const width = Math.min(WIDTH, document.getElementById("view").clientWidth - 32);
    const box = h("div", { style: `position:relative;overflow:hidden;width:${width}px;height:${width}px` });
    const readout = h("div", { class: "readout" }, "The shares under the pointer are shown here.");
    let key = null;
    const redraw = () => {
      const now = state.get("hide");
      if (now !== key || !box.children.length) {
        box.replaceChildren(Atlas.sprite(one.image, width, `Picture of ${one.id}`),
          ...Object.keys(KINDS).filter((kind) => one.maps[kind]).map((kind) => tint(one, kind)), drawn(one));
      }
      key = now;
      for (const made of box.querySelectorAll("canvas")) made.style.opacity = blend(made.dataset.map) / 100;
    };
    box.addEventListener("pointermove", (event) => {
      const edge = box.getBoundingClientRect(), { side, covers } = one.maps, shift = 1 - covers / one.size;
      const [i, j] = [(event.clientX - edge.left) / edge.width, (event.clientY - edge.top) / edge.height - shift].map(
        (v) => Math.floor((v * one.size * side) / covers));
      if (i < 0 || j < 0 || i >= side || j >= side) return;
      readout.textContent = `Expected share of volunteers that mark ${Object.entries(KINDS).filter(([kind]) => one.maps[kind]).map(
        ([kind, { words }]) => `${words} here: ${(steps(one, kind)[j * side + i] / 255).toFixed(2)}`).join(", ")}`;
    });
    redraw();
    Atlas.redraw = () => { if (box.isConnected) redraw(); };
    const sliders = Object.entries(KINDS).filter(([kind]) => one.maps[kind]).map(([kind, { words }]) => {
      const shown = h("output", { for: `blend-${kind}` });
      const input = h("input", { type: "range", id: `blend-${kind}`, min: 0, max: 100, value: blend(kind), oninput: () => {
        state.set({ [kind]: input.value === SHOWN ? "" : input.value });
        tell();
      } });
      const tell = () => { shown.textContent = `Map of ${words}, blended in: ${input.value} %`; };
      tell();
      return h("div", { style: "flex:1 1 180px" }, h("label", { for: `blend-${kind}` }, shown), input);
    });
    const there = { bar: one.values.bar_length_px, pitch: one.values.pitch_angle, disk: one.values.disk_radius_px,
      drawn_spiral: one.drawn && one.drawn.asked.spiral, drawn_bar: one.drawn && one.drawn.asked.bar };
    const boxes = Object.entries(LAYERS).filter(([name]) => there[name]).map(([name, words]) => {
      const asked = name.startsWith("drawn") ? ` (${there[name]} were asked)` : "";
      return h("label", { style: "margin-right:12px" }, h("input", { type: "checkbox", "data-switch": name,
        checked: !hidden().has(name), onchange: (event) => {
          const off = hidden();
          if (event.target.checked) off.delete(name); else off.add(name);
          off.delete("none");
          state.set({ hide: [...off].sort().join("-") || "none" });
        } }), ` ${words}${asked}`);
    });
    return h("div", { style: `max-width:${WIDTH}px` }, h("div", { style: "display:flex;flex-wrap:wrap;gap:4px 16px" }, sliders),
      h("fieldset", { style: "border:0;padding:0;margin:4px 0" }, h("legend", { class: "skip" }, "Layers"), boxes),
      box, readout,
      h("div", { class: "legend" }, [["arms", COLOURS.sky], ["bar", COLOURS.orange], ["bar as measured", COLOURS.yellow]].map(
        ([words, colour]) => h("span", { style: `--colour:${colour}` }, words))),
      there.pitch ? h("p", { class: "quiet" }, "The dashed spirals have the pitch angle and winding that were measured; where "
        + "they begin was not. The bar and the disk are drawn about the middle.") : null);
  };

  // --- Votes ----------------------------------------------------------------------------------
  const votes = (one) => data.questions.map((question, q) => {
    const asked = one.votes.asked[q], ids = question.answers.map((_, i) => question.first + i);
    const total = one.told ? ids.reduce((sum, i) => sum + one.told[i], 0) : 0;
    const rows = question.answers.map((answer, k) => {
      const i = ids[k], share = one.votes.share[i], error = one.votes.error[i], at = (v) => `${100 * Math.min(Math.max(v, 0), 1)}%`;
      const line = (x1, x2, width, colour) => h("span", { style: `position:absolute;left:${at(x1)};width:calc(${at(x2)} - ${at(x1)});`
        + `top:calc(50% - ${width / 2}px);height:${width}px;background:${colour}` });
      const bar = h("span", { "aria-hidden": "true", style: "position:relative;display:block;height:16px;background:var(--shade)" },
        line(0, share, 12, COLOURS.sky), line(share - error, share + error, 2, COLOURS.grey),
        total ? h("span", { style: `position:absolute;left:calc(${at(one.told[i] / total)} - 1.5px);top:0;width:3px;height:16px;background:#000` }) : null);
      return h("tr", {}, h("th", { scope: "row", style: "width:36%" }, answer.replaceAll("-", " ")), h("td", {}, bar),
        h("td", { class: "number", style: "width:6.8em" }, `${share.toFixed(2)}\u00a0±\u00a0${error.toFixed(2)}`),
        h("td", { class: "number", style: `width:${total ? 5 : 1}em` }, total ? `${one.told[i]} of ${total}` : ""));
    });
    return h("div", { class: "wide", style: `break-inside:avoid;${asked < RARE ? "opacity:.55" : ""}` }, h("table",
      { style: "width:100%;max-width:560px;table-layout:fixed" },
      h("caption", { style: "text-align:left;padding-top:8px" }, `${question.name.replaceAll("-", " ")} `,
        h("span", { class: "quiet" }, `asked with probability ${Atlas.number(asked, 2)}`)), h("tbody", {}, rows)));
  });

  // --- A galaxy -------------------------------------------------------------------------------
  const measures = (one) => {
    const rows = Object.entries(data.fields).filter(([name]) => name !== "bar_length_px" || one.values.bar_length === null).map(
      ([name, field]) => {
        const true_ = one.true && name in one.true ? [Atlas.number(one.true[name])] : [];
        const why = { pitch_angle: one.said.arm_reason, bar_length: one.said.bar_reason }[name];
        return [field.label, one.values[name] ?? (why ? `none: ${why}` : null), one.errors[name],
          [field.unit, true_.length ? `true: ${true_}` : ""].filter(Boolean).join("; ")];
      });
    rows.splice(1, 0, ["winding", one.said.winding || null, "", one.true ? `true: ${one.true.winding || "–"}` : ""]);
    return Atlas.table(rows, "Measures with errors and units");
  };
  const show = (one) => h("article", {}, h("h2", {}, `Galaxy ${one.id}`),
    one.place ? h("p", { class: "quiet" }, `RA ${one.place[0].toFixed(5)}°, Dec ${one.place[1].toFixed(5)}°, redshift ${
      Atlas.number(one.values.redshift)}`) : h("p", { class: "quiet" }, "Its position is not known."),
    Atlas.flags(one.flags),
    one.image === null ? null : h("div", { style: "display:flex;flex-wrap:wrap;gap:20px" }, panel(one),
      h("div", { style: "flex:1 1 320px;min-width:0" }, h("h3", {}, "Measures"), measures(one))),
    one.image === null ? null : h("div", {}, h("h3", {}, "Votes"),
      h("p", { class: "quiet" }, `Expected share of each answer among those who are asked, with its standard deviation${
        one.told ? "; what volunteers said is red" : ""}. Questions that are rarely asked are pale.`),
      h("div", { style: "columns:360px 2;column-gap:28px" }, votes(one))),
    Atlas.similar(one.similar, data.objects),
    Atlas.source([`${folder}/maps/${one.id}.fits`, `${folder}/images/${one.id}.png`, `${folder}/catalogue.fits`,
      ...(one.drawn ? [`${folder}/segmaps/marks/${one.id}.json`] : [])]));
  const line = (one) => one.reason || [`arms ${Atlas.number(one.values.spiral_votes, 2)}, bar ${Atlas.number(one.values.bar_votes, 2)}`,
    one.values.pitch_angle ? `pitch ${Atlas.number(one.values.pitch_angle, 2)}° ${one.said.winding}` : ""].filter(Boolean).join("; ");

  if (data.objects.length) {
    Atlas.views({ galaxies: { label: "Galaxies", show: (place) => {
      Atlas.redraw = null;
      state.watch(() => { if (Atlas.redraw) Atlas.redraw(); });
      Atlas.browse({ place, objects: data.objects, fields: data.fields, noun: "galaxies", show, line });
    } } });
  } else document.getElementById("view").append(h("p", {}, "This run has no galaxies to look at."));
}
