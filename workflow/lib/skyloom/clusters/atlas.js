"use strict";
// Views of clusters: the catalogue, tiles, the threshold, a real field, two lists matched.
{
  const { data, h, state, COLOURS } = Atlas;
  const { survey, real_field: real, matches } = data, folder = `${data.folder}/clusters`;
  const share = (k, n) => (n ? `${Atlas.number(k / n, 3)} (${k} of ${n})` : `– (0 of ${n})`);
  const ends = (one) => `${Atlas.number(one.low, 2)} to ${Atlas.number(one.high, 2)}`;

  // --- Controls of a tile -------------------------------------------------------------------
  const slider = (id, words, { min = 0, max, value, set }) => {
    const shown = h("output", { for: id });
    const input = h("input", { type: "range", id, min, max, value, step: 1, oninput: () => {
      set(Number(input.value));
      tell();
    } });
    const tell = () => { shown.textContent = words(Number(input.value)); };
    tell();
    return h("div", { style: "max-width:560px" }, h("label", { for: id }, shown), input);
  };
  const nearest = (values, wanted) => values.reduce((best, v, i) =>
    (Math.abs(v - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);
  const words = (i) => {
    const known = survey.judged, at = known.threshold[i], own = at === known.own;
    const listed = survey.objects.filter((one) => one.values.PROBABILITY >= at).length;
    const rates = known.found ? `: completeness ${share(known.found[i], known.clusters)}, purity ${
      share(known.true[i], known.listed[i])}` : "";
    return `Probability from ${Atlas.number(at, 3)} on${own ? ", the run's threshold" : ""}${rates}; ${
      listed} clusters of this page`;
  };
  const threshold = () => {
    const { threshold: values, own } = survey.judged;
    const place = slider("above", words, { max: values.length - 1, value: nearest(values, Atlas.cut()),
      set: (i) => state.set({ above: values[i] === own ? "" : values[i] }) });
    const back = h("button", { type: "button", onclick: () => {
      const input = place.querySelector("input");
      input.value = nearest(values, own);
      input.dispatchEvent(new Event("input"));
    } }, "The run's threshold");
    return h("div", {}, place, back);
  };
  Atlas.layers = (tile, number, chosen, off) => {
    const there = { ...Object.fromEntries(Object.keys(Atlas.FINDERS).map((k) => [k, k in tile.found])),
      truth: Boolean(tile.truth), members: Boolean(chosen) };
    const boxes = Object.entries(Atlas.LAYERS).filter(([name]) => there[name] !== false).map(([name, label]) =>
      h("label", { style: "margin-right:12px" }, h("input", { type: "checkbox", checked: !off.has(name),
        "data-switch": name, onchange: (event) => {
          if (event.target.checked) off.delete(name); else off.add(name);
          off.delete("none");
          state.set({ hide: [...off].sort().join("-") || "none" });
        } }), ` ${label}`));
    const zoom = h("select", { id: "zoom", onchange: () => state.set({ zoom: zoom.value }) },
      [["1", "whole tile"], ["2", "a half"], ["4", "a quarter"], ["8", "an eighth"]].map(([value, label]) =>
        h("option", { value, selected: chosen && String(Atlas.zoom(tile, number, chosen)) === value }, label)));
    const legend = [["found by both", Atlas.FOUND_BY.both], ["by the filter alone", Atlas.FOUND_BY.filter],
      ["by the encoder alone", Atlas.FOUND_BY.encoder]];
    return h("div", {},
      h("fieldset", { style: "border:0;padding:0;margin:6px 0" }, h("legend", { class: "skip" }, "Layers"), boxes),
      slider("blend", (v) => `Probability of the encoder, blended in: ${v} %`, { max: 100,
        value: Number(state.get("blend", "0")), set: (v) => state.set({ blend: v || "" }) }),
      threshold(),
      chosen ? h("label", { for: "zoom" }, "Shown: ", zoom, " of the tile's side") : null,
      h("div", { class: "legend" }, legend.map(([label, colour]) => h("span", { style: `--colour:${colour}` }, label)),
        h("span", { style: "--colour:transparent" }, "dashed: below the threshold"),
        tile.truth ? h("span", { style: "--colour:transparent" }, "white: true, dashed where not found") : null));
  };

  // --- The catalogue ------------------------------------------------------------------------
  const numbers = (one, fields) => [
    ...Object.entries(fields).map(([name, field]) => [field.label, one.values[name], one.errors[name], ""]),
    ["found by", one.found_by], ["members listed", one.n_members]];
  const members = (one) => {
    if (!one.members.length) return h("p", { class: "quiet" }, "No members: the matched filter did not find it.");
    const [ra0, dec0] = one.place, cos = Math.cos((dec0 * Math.PI) / 180);
    const away = one.members.map(([ra, dec, p]) => [-(((ra - ra0 + 540) % 360) - 180) * cos * 60, (dec - dec0) * 60, p]);
    const series = [["P ≥ 0.5", (p) => p >= 0.5, COLOURS.blue], ["P < 0.5", (p) => p < 0.5, COLOURS.sky]].map(
      ([name, test, colour]) => ({ name: `member, ${name}`, colour, points: true,
        x: away.filter((m) => test(m[2])).map((m) => m[0]), y: away.filter((m) => test(m[2])).map((m) => m[1]) }));
    const size = Math.max(1, ...away.flatMap(([x, y]) => [Math.abs(x), Math.abs(y)])) * 1.1;
    return h("div", {}, h("h3", {}, `Its ${one.members.length < one.n_members ? `${one.members.length} most probable of ${one.n_members}` : one.n_members} members`),
      h("details", {}, h("summary", {}, "As a list"), Atlas.table(one.members.map(([ra, dec, p]) =>
        [`${ra.toFixed(5)} ${dec < 0 ? "−" : "+"}${Math.abs(dec).toFixed(5)}`, p]))),
      Atlas.plot({ x: { label: "to the west [arcmin]", from: -size, to: size }, y: { label: "to the north [arcmin]", from: -size, to: size },
        series, width: 400, height: 380, label: `Places of ${one.members.length} members about the centre` }));
  };
  const cluster = (one) => {
    const [spot] = one.at, tile = spot && survey.tiles[spot[0]];
    return h("article", {}, h("h2", {}, `Cluster ${one.id}`),
      h("p", { class: "quiet" }, Atlas.where(one.place)), Atlas.flags(one.flags),
      tile ? h("div", {}, h("p", {}, "On tile ", h("button", { type: "button", onclick: () =>
        state.set({ view: "tiles", id: tile.id, where: "", sort: "", flagged: "" }) }, tile.id)),
      Atlas.field(tile, spot[0], one)) : h("p", { class: "quiet" }, "Its tile is not among those shown."),
      h("h3", {}, "Catalogue"), Atlas.table(numbers(one, survey.fields), "Quantities"),
      members(one), Atlas.similar(one.similar, survey.objects),
      Atlas.source([`${folder}/catalogue/clusters.fits`, `${folder}/catalogue/members.fits`]));
  };
  const line = (one) => `P ${Atlas.number(one.values.PROBABILITY, 2)}, z ${Atlas.number(one.values.Z, 2)}, λ ${
    Atlas.number(one.values.LAMBDA, 2)}; ${one.found_by}`;
  const redrawing = (place) => {
    Atlas.redraw = null;
    state.watch(() => { if (Atlas.redraw) Atlas.redraw(); });
    return place;
  };

  // --- Tiles --------------------------------------------------------------------------------
  const tile = (one) => {
    const number = survey.tiles.indexOf(one), mine = survey.objects.filter((c) => c.at.some(([k]) => k === number));
    const list = h("table", {}, h("caption", { class: "skip" }, `Clusters of tile ${one.id}`),
      h("thead", {}, h("tr", {}, ["Cluster", "P", "z", "λ", "found by"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, mine.map((c) => h("tr", {},
        h("td", {}, h("button", { type: "button", onclick: () => Atlas.go(c) }, c.id)),
        ...[c.values.PROBABILITY, c.values.Z, c.values.LAMBDA].map((v) => h("td", { class: "number" }, Atlas.number(v, 2))),
        h("td", {}, c.found_by)))));
    return h("article", {}, h("h2", {}, `Tile ${one.id}`), Atlas.flags(one.flags), Atlas.field(one, number, null),
      h("h3", {}, `${mine.length} clusters of the catalogue`), h("div", { class: "wide" }, list),
      Atlas.source([`${folder}/predictions/${one.id}.npz`, `${folder}/matched_filter/${one.id}.fits`,
        `${folder}/detections/${one.id}.fits`, `${folder}/catalogue/clusters.fits`]));
  };

  // --- The threshold ------------------------------------------------------------------------
  const rates = (place) => {
    const known = survey.judged, { completeness, purity } = known;
    const ratio = (k, n) => k.map((v, i) => { const all = n[i] ?? n; return all ? v / all : null; });
    const plot = h("div", {}), x = { label: "probability from which a cluster is listed", from: 0, to: 1 };
    const draw = () => plot.replaceChildren(Atlas.plot({ x, y: { label: "share", from: 0, to: 1.02 },
      series: [{ name: "completeness", colour: COLOURS.orange, x: known.threshold, y: ratio(known.found, known.clusters) },
        { name: "purity", colour: COLOURS.blue, x: known.threshold, y: ratio(known.true, known.listed) }],
      marks: [{ x: Atlas.cut(), label: "threshold" }], label: "Completeness and purity against the threshold" }));
    draw();
    state.watch(draw);
    place.append(h("h2", {}, "Completeness and purity"), threshold(), plot,
      h("h3", {}, "At the run's threshold"),
      Atlas.table([["threshold", known.own], ["completeness", completeness.value, ends(completeness), `${completeness.k} of ${completeness.n}`],
        ["purity", purity.value, ends(purity), `${purity.k} of ${purity.n}`]], "Value, 95 % interval, counts"),
      h("p", { class: "quiet" }, "Over all tiles of the run; within the limits of richness and redshift that it is judged by."),
      Atlas.source([`${folder}/evaluation.json`]));
  };

  // --- A real catalogue of galaxies, and two lists ------------------------------------------
  const seen = (one) => h("article", {}, h("h2", {}, `Cluster ${one.id}`), h("p", { class: "quiet" }, Atlas.where(one.place)),
    Atlas.flags(one.flags), Atlas.table(numbers(one, real.fields), "Quantities"), members(one),
    Atlas.similar(one.similar, real.objects),
    Atlas.source([`${folder}/real_field/clusters.ecsv`, `${folder}/real_field/members.fits`]));
  const agreement = (place) => {
    const rows = (key) => Object.entries(matches.rates[key]).map(([bin, one]) =>
      [bin === "all" ? "all" : `richness ${bin}`, one.value, ends(one), `${one.k} of ${one.n}`]);
    const points = (name, words) => Atlas.plot({ x: { label: `${words} in list a` }, y: { label: `${words} in list b` },
      series: [{ x: matches[`${name}_A`], y: matches[`${name}_B`], colour: COLOURS.blue, points: true }],
      width: 480, height: 380, label: `${words} of pairs in both lists` });
    place.append(h("h2", {}, `${matches.pairs} pairs of two lists of clusters`),
      ...matches.warnings.map((one) => h("p", { class: "banner", role: "note" }, one)),
      h("p", {}, `Common area ${Atlas.number(matches.area, 4)} deg², redshifts ${Atlas.number(matches.redshifts.low)} to ${
        Atlas.number(matches.redshifts.high)}.`),
      h("h3", {}, "Clusters of list a that list b has"), Atlas.table(rows("a"), "Share, 95 % interval, counts"),
      h("h3", {}, "Clusters of list b that list a has"), Atlas.table(rows("b"), "Share, 95 % interval, counts"),
      h("h3", {}, "Redshift and richness of pairs"),
      h("p", { class: "quiet" }, `${matches.Z_A.length} of ${matches.pairs} pairs are drawn.`),
      h("div", { class: "tiles" }, points("Z", "redshift"),
        matches.LAMBDA_A.some(Number.isFinite) && matches.LAMBDA_B.some(Number.isFinite) ? points("LAMBDA", "richness") : null),
      Atlas.source([`${folder}/matches/rates.json`, `${folder}/matches/pairs.csv`]));
  };

  const views = {};
  if (survey) {
    views.clusters = { label: "Clusters", show: (place) => Atlas.browse({ place: redrawing(place),
      objects: survey.objects, fields: survey.fields, line, show: cluster, noun: "clusters" }) };
    views.tiles = { label: "Tiles", show: (place) => Atlas.browse({ place: redrawing(place), objects: survey.tiles,
      fields: { clusters: { label: "number of clusters" }, masked: { label: "masked share" } },
      line: (one) => `${one.values.clusters} clusters`, show: tile, noun: "tiles" }) };
    if (survey.judged.found) views.threshold = { label: "Threshold", show: rates };
  }
  if (real) {
    views.real_field = { label: "Real field", show: (place) => Atlas.browse({ place, objects: real.objects,
      fields: real.fields, line, show: seen, noun: "clusters" }) };
  }
  if (matches) views.matches = { label: "Two lists", show: agreement };
  if (Object.keys(views).length) Atlas.views(views);
  else {
    document.getElementById("view").append(h("p", {}, "This run has trained an encoder, but looked at no survey, "
      + "no real field and no two lists: there is nothing to look at."));
  }
}
