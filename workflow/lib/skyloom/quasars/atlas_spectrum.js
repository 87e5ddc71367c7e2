"use strict";
// A spectrum with its lines at a redshift that is moved, and what the networks say of it.
{
  const { data, h, state, COLOURS } = Atlas;
  const STEP = 5e-4; // of a redshift, in 1 + z: 150 km/s
  const WIDEST = 41; // pixels of the boxcar

  // Numbers of 16 bits, little-endian, as IEEE 754 has them.
  const half = (bits) => {
    const size = bits & 1023, power = (bits >> 10) & 31;
    return (bits >> 15 ? -1 : 1) * (power ? 2 ** (power - 25) * (1024 + size) : 2 ** -24 * size);
  };
  const numbers = (text, unit) => {
    const bytes = atob(text);
    return Array.from({ length: bytes.length / 2 }, (_, i) =>
      unit * half(bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8)));
  };

  // Flux and error of an object; null where a pixel is not used.
  Quasars.unpacked = ({ spectrum }) => {
    const error = numbers(spectrum.error, spectrum.unit);
    return {
      flux: numbers(spectrum.flux, spectrum.unit).map((v, i) => (error[i] > 0 ? v : null)),
      error: error.map((v) => (v > 0 ? v : null)),
    };
  };

  // The mean over `width` pixels, each weighing its inverse variance, and its error.
  Quasars.smoothed = ({ flux, error }, width) => {
    const reach = (width - 1) / 2;
    const out = { flux: [], error: [] };
    flux.forEach((_, i) => {
      let weight = 0, sum = 0;
      for (let k = Math.max(0, i - reach); k <= Math.min(flux.length - 1, i + reach); k += 1) {
        if (error[k] === null) continue;
        weight += error[k] ** -2;
        sum += flux[k] * error[k] ** -2;
      }
      out.flux.push(weight > 0 ? sum / weight : null);
      out.error.push(weight > 0 ? weight ** -0.5 : null);
    });
    return out;
  };

  const limits = ({ flux, error }) => {
    const sorted = flux.filter((v) => v !== null).sort((a, b) => a - b);
    if (!sorted.length) return [-1, 1];
    const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    const errors = error.filter((v) => v !== null).sort((a, b) => a - b);
    const low = Math.min(0, at(0.005)), high = Math.max(at(0.995), errors[errors.length >> 1]);
    return [low - 0.15 * (high - low), high + 0.2 * (high - low)];
  };

  const marks = (one, z) => z === null ? [] : [
    ...data.others.map((line) => ({ x: line.rest * (1 + z), label: line.label, colour: COLOURS.grey })),
    ...data.lines.filter((line) => line.name in one.lines).map((line) => {
      const confidence = one.lines[line.name][0];
      return { x: line.rest * (1 + z), label: `${line.label} ${confidence.toFixed(2)}`,
        colour: confidence >= data.seen ? "#882255" : COLOURS.grey };
    })].sort((a, b) => a.x - b.x);

  const width = () => Math.min(880, Math.max(330, document.documentElement.clientWidth - 40));

  Quasars.plot = (one, wave, z, smooth) => {
    const raw = Quasars.unpacked(one), line = Quasars.smoothed(raw, smooth), [from, to] = limits(line);
    const series = [{ name: smooth > 1 ? `mean of ${smooth} pixels` : "flux", colour: COLOURS.black, width: 1.1,
      x: wave, y: line.flux },
    { name: "its error, 1σ", colour: COLOURS.orange, width: 0.9, x: wave, y: line.error }];
    if (smooth > 1) series.push({ name: "flux", colour: "#c4c4c4", width: 0.6, x: wave, y: raw.flux });
    return Atlas.plot({
      x: { label: "observed wavelength [Å]", from: wave[0], to: wave[wave.length - 1] },
      y: { label: "flux [10⁻¹⁷ erg/s/cm²/Å]", from, to },
      series: series.reverse(), marks: marks(one, z), width: width(), height: 310,
      top: z === null ? null : { label: `rest wavelength at z = ${z.toFixed(4)} [Å]`,
        of: (v) => v / (1 + z), back: (v) => v * (1 + z) },
      label: `Spectrum of ${one.id}${z === null ? "" : `, lines at redshift ${z.toFixed(4)}`}`,
    });
  };

  // The redshifts that the networks propose, the first first.
  Quasars.proposals = (one) => [
    ["networks", one.values.Z], ["template", one.values.Z_REFINED], ["next best", one.values.Z_ALT],
  ].filter(([, z]) => typeof z === "number");

  // The plot with its controls. `moved(z)` is told of each redshift that a person sets;
  // the element's `nudge(steps)` moves it, `show(z)` sets it without telling.
  Quasars.viewer = (one, wave, start, moved) => {
    let z = start, about = start ?? 0;
    const holder = h("div", {});
    const smooth = () => Math.min(WIDEST, Math.max(1, Number(state.get("smooth", "5")) || 1)) | 1;
    const draw = () => {
      holder.replaceChildren(Quasars.plot(one, wave, z, smooth()));
      words.textContent = `${smooth()} ${smooth() === 1 ? "pixel" : "pixels"}`;
      boxcar.value = String(smooth());
    };
    const words = h("span", {});
    const boxcar = h("input", { type: "range", id: "smooth", min: 1, max: WIDEST, step: 2, value: smooth(),
      oninput: () => state.set({ smooth: boxcar.value }) });
    const field = h("input", { type: "text", id: "z", inputmode: "decimal", autocomplete: "off",
      value: z === null ? "" : z.toFixed(4), style: "width:7em", onchange: () => typed(field.value) });
    const fine = h("input", { type: "range", id: "fine", min: -100, max: 100, step: 1, value: 0,
      oninput: () => set(about + Number(fine.value) * STEP * (1 + about)) });
    const problem = h("p", { class: "banner", role: "alert", hidden: true });
    const show = (value) => {
      z = value;
      field.value = z === null ? "" : z.toFixed(4);
      problem.hidden = true;
      draw();
    };
    const set = (value) => {
      show(value === null ? null : Number(Math.min(20, Math.max(-0.1, value)).toFixed(4)));
      moved(z);
    };
    const jump = (value) => {
      [about, fine.value] = [value ?? 0, "0"];
      set(value);
    };
    const typed = (text) => {
      const value = text.trim() === "" ? null : Number(text.replace(",", "."));
      if (value !== null && !(value >= -0.1 && value <= 20)) {
        problem.textContent = `“${text}” is no redshift from -0.1 to 20; leave it empty where there is none`;
        problem.hidden = false;
        return;
      }
      jump(value);
    };
    draw();
    const element = h("div", {}, holder, problem, h("div", { class: "controls" },
      h("label", { for: "smooth", style: "flex:1 1 150px" }, h("span", {}, "Smoothing: ", words), boxcar),
      h("label", { for: "z" }, "Redshift", field),
      h("label", { for: "fine", style: "flex:2 1 220px" },
        "Fine steps of 150 km/s (keys + and −)", fine)),
    h("div", { class: "controls" }, Quasars.proposals(one).map(([name, value]) =>
      h("button", { onclick: () => jump(Number(value.toFixed(4))) }, `${name}: z = ${value.toFixed(4)}`))));
    return Object.assign(element, { draw, show, nudge: (steps) => jump((z ?? 0) + steps * STEP * (1 + (z ?? 0))) });
  };

  const share = (value) => `${Math.round(100 * value)} %`;

  // What the members say, line by line, and their mean.
  Quasars.votes = (one) => {
    const [none, low, high] = one.votes;
    const value = (name) => one.values[name];
    const parts = [[none, "no quasar", COLOURS.grey], [low, "quasar below z = 2.1", COLOURS.sky],
      [high, "quasar above z = 2.1", COLOURS.green]];
    const bar = h("svg", { viewBox: "0 0 300 14", width: 300, height: 14, role: "img", "aria-label":
      `Votes: ${parts.map(([v, name]) => `${name} ${share(v)}`).join(", ")}` });
    parts.reduce((x, [v, , colour]) => {
      bar.append(h("rect", { x: 300 * x, y: 0, width: 300 * v, height: 14, fill: colour }));
      return x + v;
    }, 0);
    const number = (v) => Atlas.number(v, 3);
    const lines = data.lines.filter((line) => line.name in one.lines).map((line) => {
      const [c, cSd, z, zSd] = one.lines[line.name];
      return h("tr", {}, h("th", { scope: "row" }, line.label),
        h("td", {}, `${number(c)} ± ${Atlas.number(cSd, 2)}`), h("td", {}, `${Atlas.number(z, 4)} ± ${Atlas.number(zSd, 2)}`));
    });
    return h("div", { class: "tiles", style: "gap:8px 36px" },
      h("div", { style: "max-width:420px" }, h("h3", {}, "Votes of the members"), bar,
        h("div", { class: "legend" }, parts.map(([v, name, colour]) =>
          h("span", { style: `--colour:${colour}` }, `${name} ${share(v)}`))),
        Atlas.table([
          ["Proposed redshift", `${Atlas.number(value("Z"), 5)} ± ${Atlas.number(value("Z_ERR"), 2)}`],
          ["Lines' weight for it", value("SUPPORT")], ["Probability of a quasar", value("PROBABILITY")],
          ["Called a quasar", one.called ? "yes" : "no"], ["Median S/N per pixel", value("SN")],
        ])),
      h("div", {}, h("h3", {}, "Lines, mean of the members"), h("div", { class: "wide" }, h("table", {},
        h("thead", {}, h("tr", {}, ["Line", "Confidence", "Redshift"].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, lines)))));
  };

  Quasars.about = (one) => {
    const [ra, dec] = one.place, n = one.asked.exposures;
    return `Tile/exposure ${one.exposure}${n > 1 ? `, one of its ${n} exposures` : ""}; `
      + `ra ${Atlas.number(ra, 8)}, dec ${Atlas.number(dec, 8)} deg`;
  };
}
