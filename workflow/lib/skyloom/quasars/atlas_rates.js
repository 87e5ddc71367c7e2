"use strict";
// Completeness and purity against the threshold, and whether probabilities are true.
{
  const { data, h, state, COLOURS } = Atlas;
  const LOOKS = {
    completeness: [COLOURS.orange, null], completeness_z: [COLOURS.orange, "5 4"],
    purity: [COLOURS.blue, null], purity_z: [COLOURS.blue, "5 4"],
  };
  const width = () => Math.min(760, Math.max(330, document.documentElement.clientWidth - 40));

  const curves = (one, at) => Atlas.plot({
    x: { label: "threshold of the score", from: 0, to: 1 }, y: { label: "share", from: 0, to: 1.02 },
    series: Object.entries(LOOKS).map(([name, [colour, dash]]) => {
      const values = one.measures[name];
      return { name: name + (dash ? " (dashed)" : ""), colour, dash, x: one.thresholds,
        y: values.map((v) => v.value), ...(dash ? {} : { low: values.map((v) => v.value === null ? null : v.low),
          high: values.map((v) => v.value === null ? null : v.high) }) };
    }),
    marks: [{ x: one.thresholds[one.own], label: "this run's", colour: COLOURS.black },
      ...(at === one.own ? [] : [{ x: one.thresholds[at], label: "chosen", colour: COLOURS.green }])],
    width: width(), height: 320, label: "Completeness and purity against the threshold of the score",
  });

  const diagram = (one) => {
    const even = Array.from({ length: 11 }, (_, i) => i / 10);
    const looks = { score: COLOURS.grey, probability: COLOURS.black };
    return Atlas.plot({
      x: { label: "what is said", from: 0, to: 1 }, y: { label: "share of quasars", from: 0, to: 1.02 },
      series: [{ name: "if true", colour: COLOURS.grey, dash: "4 3", x: even, y: even },
        ...Object.entries(one.reliability).map(([name, table]) => ({ name, colour: looks[name], points: true,
          x: table.score, y: table.value, low: table.low, high: table.high }))],
      width: Math.min(width(), 460), height: 340, label: "Share of quasars against what score and probability say",
    });
  };

  const numbers = (one, at) => {
    const rows = Object.keys(LOOKS).map((name) => {
      const { value, low, high, targets } = one.measures[name][at];
      return [name, value, `${Atlas.number(low)}–${Atlas.number(high)}`, `(${targets})`];
    });
    rows.push(["false quasars", one.measures.false_quasars[at], "", ""]);
    return Atlas.table(rows, "Rates at the chosen threshold, with intervals of 95 %");
  };

  const place = (one) => {
    const asked = Number.parseFloat(state.get("t"));
    if (!Number.isFinite(asked)) return one.own;
    return one.thresholds.reduce((best, v, i) =>
      Math.abs(v - asked) < Math.abs(one.thresholds[best] - asked) ? i : best, 0);
  };

  Quasars.rates = (box) => {
    const set = () => data.rates[Number(state.get("set"))] || data.rates[0];
    const room = h("div", {}), below = h("div", {}), told = h("span", {});
    const slider = h("input", { type: "range", id: "threshold", min: 0, step: 1,
      oninput: () => state.set({ t: String(set().thresholds[Number(slider.value)]) }) });
    const choice = h("select", { id: "set", onchange: () => state.set({ set: choice.value, t: "" }) },
      data.rates.map((one, i) => h("option", { value: i, selected: one === set() }, one.label)));
    const words = (one, at) => {
      const value = one.thresholds[at], own = at === one.own;
      slider.setAttribute("aria-valuetext", `${Atlas.number(value)}${own ? ", this run's" : ""}`);
      return `${Atlas.number(value, 4)}${own ? ", this run's" : ""}`;
    };
    let last = null;
    const draw = () => {
      const one = set(), at = place(one);
      slider.max = one.thresholds.length - 1;
      slider.value = String(at);
      told.textContent = words(one, at);
      room.replaceChildren(numbers(one, at), curves(one, at));
      if (one === last) return;
      last = one;
      below.replaceChildren(h("div", {}, h("h3", {}, "Score and probability against the truth"), diagram(one),
        Atlas.table(Object.entries(one.errors).map(([name, e]) => [`Calibration error of the ${name}`, e.value,
          `${Atlas.number(e.low)} to ${Atlas.number(e.high)}`, `${Atlas.number(e.if_right)} if it were true`])),
        Object.keys(one.classes).length ? h("p", {}, "Targets of these classes keep thresholds of their own: ",
          Object.entries(one.classes).map(([name, v]) => `${name} ${v}`).join(", ")) : null,
        Atlas.source([one.file])));
    };
    box.append(h("p", {}, "An exposure is called a quasar when its score, the confidence of its "
      + `${["best", "second best", "third best"][set().n_detect - 1] || `${set().n_detect}th best`} line, is above the `
      + "threshold. Completeness is the share of quasars that are called, purity the share of those called that are "
      + "quasars; with _z, at a redshift within 3,000 km/s of the true one too. They are of targets whose class is "
      + "known; one seen several times counts once. Intervals hold 95 %; in brackets, of how many targets."),
    h("div", { class: "controls" },
      data.rates.length > 1 ? h("label", { for: "set" }, "Of", choice) : null,
      h("label", { for: "threshold", style: "flex:1 1 300px" }, h("span", {}, "Threshold: ", told), slider),
      h("button", { onclick: () => state.set({ t: "" }) }, "This run's")),
    room, below);
    state.watch(draw);
    draw();
  };
}
