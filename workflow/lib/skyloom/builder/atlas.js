"use strict";
// Galaxies: image, model, residual, drawings and arms, parameters with errors.
{
  const { data, h, state } = Atlas;
  const COLOURS = { disk: "#0072b2", bulge: "#d55e00", bar: "#e69f00", spiral: "#009e73" };
  const NAMES = { disk: "disk", bulge: "bulge", bar: "bar", spiral: "arms" };
  const LAYERS = { drawn: "volunteers' drawings", crowd: "crowd's model", fit: "fitted model" };

  const shape = ([name, { ellipse, line }], ny, look) => {
    if (ellipse) {
      const [x, y, a, b, turn] = ellipse;
      return h("ellipse", { cx: x, cy: ny - 1 - y, rx: a, ry: b, fill: "none", stroke: COLOURS[name],
        transform: `rotate(${-turn} ${x} ${ny - 1 - y})`, "vector-effect": "non-scaling-stroke", ...look });
    }
    return h("polyline", { points: line.map(([x, y]) => `${x},${ny - 1 - y}`).join(" "), fill: "none",
      stroke: COLOURS[name], "vector-effect": "non-scaling-stroke", ...look });
  };

  const drawings = (one) => {
    const [nx, ny] = one.size, width = Math.min(360, innerWidth - 34), off = (state.get("hide") || "").split("-");
    const box = h("div", { style: `position:relative;width:${width}px;max-width:100%;aspect-ratio:1` });
    if (one.image !== null) box.append(Atlas.sprite(one.image, width, `Image of ${one.id}`));
    const svg = h("svg", { viewBox: `-0.5 -0.5 ${nx} ${ny}`, role: "img", "aria-label":
      "Outlines of drawn shapes, of the crowd's model (dashed) and of the fit",
      style: "position:absolute;inset:0;width:100%;height:100%" });
    const looks = { drawn: { "stroke-width": 0.7, opacity: 0.55 }, crowd: { "stroke-width": 1.4,
      "stroke-dasharray": "5 3" }, fit: { "stroke-width": 2.2 } };
    for (const [layer, look] of Object.entries(looks)) {
      if (!off.includes(layer)) svg.append(...one[layer].map((each) => shape(each, ny, look)));
    }
    box.append(svg);
    const boxes = Object.entries(LAYERS).map(([layer, words]) => h("label", {}, h("input", { type: "checkbox",
      checked: !off.includes(layer), onchange: (event) => {
        const now = new Set(off.filter(Boolean));
        if (event.target.checked) now.delete(layer); else now.add(layer);
        state.set({ hide: [...now].sort().join("-") });
      } }), ` ${words} `));
    const legend = h("div", { class: "legend" }, Object.entries(NAMES).map(([name, words]) =>
      h("span", { style: `--colour:${COLOURS[name]}` }, words)));
    return h("div", {}, h("div", {}, boxes), box, legend);
  };

  const show = (one) => {
    const [ra, dec, z] = one.place, folder = `${data.folder}/builder`;
    const holder = h("div", {}, drawings(one));
    Atlas.redraw = () => { if (holder.isConnected) holder.replaceChildren(drawings(one)); };
    return h("article", {},
      h("h2", {}, `Subject ${one.id}`),
      h("p", { class: "quiet" }, `${one.components || `no model: ${one.reason}`}; ra ${Atlas.number(ra, 7)}, `
        + `dec ${Atlas.number(dec, 7)} deg, redshift ${Atlas.number(z)}`),
      Atlas.flags(one.flags),
      Atlas.pictures([[one.image, "image"], [one.model, "model"],
        [one.residual, "residual, ±5σ (red: data above)"]], innerWidth < 760 ? 170 : 200),
      h("div", { class: "pair" },
        h("div", {}, h("h3", {}, "Drawn, agreed, fitted"), holder),
        h("div", {}, h("h3", {}, "Catalogue"),
          Atlas.table(Object.entries(data.fields).map(([name, field]) =>
            [field.label, one.values[name], one.errors[name], field.unit]), "Quantities"))),
      one.sets.length ? h("div", {}, h("h3", {}, "Sets of components by weight"),
        Atlas.table(one.sets.map(([words, weight]) => [words, weight]))) : null,
      h("p", {}, h("a", { href: `../builder/figures/${one.id}.pdf` }, "The galaxy's page as PDF")),
      Atlas.similar(one.similar, data.objects),
      Atlas.source([`${folder}/models/${one.id}.json`, `${folder}/catalogue.fits`]));
  };

  Atlas.views({
    galaxies: { label: "Galaxies", show: (place) => {
      let hidden = state.get("hide");
      state.watch(() => { if (state.get("hide") !== hidden) { hidden = state.get("hide"); Atlas.redraw(); } });
      Atlas.browse({ place, objects: data.objects, fields: data.fields, noun: "galaxies", show,
        line: (one) => one.components || "no model" });
    } },
  });
}
