"use strict";
// Views of quasars: the query that is answered, rates by threshold, spectra.
{
  const { data, h, state } = Atlas;
  const folder = `${data.folder}/quasars`;
  const CLASSES = [["STAR", "star", "s"], ["GALAXY", "galaxy", "g"], ["QSO", "quasar", "q"], ["", "cannot tell", "u"]];
  const QUALITIES = ["nothing to see", "a guess", "possible", "probable", "certain"];
  const WORD = Object.fromEntries(CLASSES.map(([klass, word]) => [klass, word]));

  const button = (words, pressed, act, title) =>
    h("button", { "aria-pressed": String(pressed), title, onclick: act }, words);

  // The buttons of an answer; `changed` is called after each of them.
  const form = (one, answers, changed) => {
    const box = h("div", { role: "group", "aria-label": `Answer for ${one.id}` });
    const set = (changes) => { answers.set(one, changes); paint(); changed(); };
    const paint = () => {
      const at = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      const now = answers.of(one), lacks = answers.lacks(one), empty = now.klass === undefined && now.quality === undefined;
      const named = (made, key) => { made.dataset.key = key; return made; };
      box.replaceChildren(
        h("div", { style: "display:flex;flex-wrap:wrap;gap:0 28px" },
          h("div", { class: "controls", role: "group", "aria-label": "VI_CLASS" }, h("strong", {}, "Class"),
            CLASSES.map(([klass, word, key]) => named(button(`${word} (${key})`, now.klass === klass,
              () => set({ klass })), key))),
          h("div", { class: "controls", role: "group", "aria-label": "VI_QUALITY" }, h("strong", {}, "Quality"),
            QUALITIES.map((word, k) => named(button(String(k), now.quality === String(k),
              () => set({ quality: String(k) }), word), String(k))))),
        h("p", { role: "status" }, empty ? "Not answered." : lacks.length ? `Still needed: ${lacks.join(", ")}.`
          : `Answered: ${WORD[now.klass]}, quality ${now.quality}, ${answers.z(one) === "" ? "no redshift" : `z = ${answers.z(one)}`}.`,
        " ", empty ? null : named(h("button", { onclick: () => { answers.drop(one); paint(); changed(); } }, "Remove"), "remove")));
      if (at) box.querySelector(`[data-key="${at}"]`)?.focus();
    };
    paint();
    return Object.assign(box, { set, paint });
  };

  const proposal = (one) => (typeof one.values.Z === "number" ? one.values.Z : null);

  // What stands above the list: who answers, how far, and the file.
  const desk = (query, answers, next, refresh) => {
    const problem = h("p", { class: "banner", role: "alert", hidden: true });
    const tell = (words) => { problem.textContent = words || ""; problem.hidden = !words; };
    const progress = h("strong", { role: "status" });
    const name = h("input", { type: "text", id: "by", value: answers.by, autocomplete: "off", style: "width:9em",
      onchange: () => {
        const before = answers.by;
        answers.rename(name.value);
        tell("");
        done.textContent = before ? `A list of its own for ${answers.by || "nobody"}; that of ${before} is kept.` : "";
        refresh();
      } });
    const download = () => {
      if (!answers.by) { tell("Write your name first: the table says who answered (VI_BY)."); name.focus(); return; }
      const place = URL.createObjectURL(new Blob([answers.csv()], { type: "text/csv" }));
      const file = `vi_${answers.by.replace(/[^\w-]+/g, "_")}_round${data.round}.csv`;
      h("a", { href: place, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(place), 1000);
      answers.unsaved = false;
      tell("");
    };
    const load = h("input", { type: "file", id: "load", accept: ".csv,text/csv", onchange: async () => {
      const [file] = load.files;
      if (!file) return;
      const { problem: bad, words } = answers.load(await file.text());
      load.value = "";
      name.value = answers.by;
      refresh();
      tell(bad ? `${file.name}: ${bad}.` : null);
      if (words) done.textContent = `${words}.`;
    } });
    const done = h("span", { class: "quiet", role: "status" });
    const paint = () => {
      const n = answers.count(), begun = query.objects.filter((one) => answers.of(one).klass !== undefined
        || answers.of(one).quality !== undefined).length - n;
      progress.textContent = `${n} of ${query.objects.length} answered${begun > 0 ? `, ${begun} begun` : ""}`;
      refused.hidden = !answers.refused;
    };
    const refused = h("p", { class: "banner", role: "alert", hidden: true },
      "This browser does not keep answers: download them before you close the page.");
    const element = h("div", {}, refused, problem,
      h("div", { class: "controls" }, h("label", { for: "by" }, "Your name (VI_BY)", name), progress,
        h("button", { onclick: next }, "Next unanswered (n)"), h("button", { onclick: download }, "Download answers"),
        h("label", { for: "load" }, "Load answers", load), done));
    paint();
    return Object.assign(element, { paint });
  };

  const KEYS = "Keys: s g q u class; 0 (nothing to see) to 4 (certain) quality; + − redshift; n next unanswered; "
    + "↑ ↓ in the list.";

  // Keys of a view, as long as `place` is shown and nobody is writing; `act` says if it took one.
  const onKeys = (element, act) => {
    const press = (event) => {
      if (!element.isConnected) { document.removeEventListener("keydown", press); return; }
      if (event.ctrlKey || event.altKey || event.metaKey || /text|file|select/.test(event.target.type || "")) return;
      if (act(event.key)) event.preventDefault();
    };
    document.addEventListener("keydown", press);
  };

  // Made once: where a browser keeps nothing, they are kept from view to view here.
  const answers = data.query
    && Quasars.answers(data.query, `skyloom ${folder} round ${data.round} ${data.query.key}`);
  if (answers) addEventListener("beforeunload", (event) => { if (answers.unsaved) event.preventDefault(); });

  const queryView = (place) => {
    const { query } = data;
    let now = null;
    for (const one of query.objects) {
      Object.defineProperty(one, "words", { configurable: true, get: () =>
        (answers.done(one) ? `answered ${WORD[answers.of(one).klass]}` : "open") });
    }
    const changed = () => { head.paint(); state.tell(); };
    const next = () => {
      const from = now ? query.objects.indexOf(now.one) + 1 : 0;
      const order = [...query.objects.slice(from), ...query.objects.slice(0, from)];
      const found = order.find((one) => !answers.done(one));
      if (found) state.set({ id: found.id });
    };
    const refresh = () => {
      if (now) { now.viewer.show(startOf(now.one)); now.form.paint(); }
      changed();
    };
    const startOf = (one) => {
      const z = answers.of(one).z;
      return z === undefined ? proposal(one) : z === "" ? null : Number(z);
    };
    const later = data.source === "simulated"
      ? "The survey is simulated, and so are the inspectors who answer for the next round."
      : `For the next round put the tables of answers into the folder that quasars.paths.answers names, and set `
        + `quasars.rounds to ${data.round + 1}.`;
    const head = desk(query, answers, next, refresh);
    const more = query.total > query.objects.length
      ? `The query asks about ${query.total} targets; the first ${query.objects.length} are here. ` : "";
    place.append(head, h("p", { class: "quiet" }, more, KEYS));
    const show = (one) => {
      const buttons = form(one, answers, changed);
      const viewer = Quasars.viewer(one, query.wave, startOf(one), (z) => buttons.set({ z: z === null ? "" : z.toFixed(4) }));
      now = { one, viewer, form: buttons };
      return h("article", {}, h("h2", {}, `Target ${one.id}`),
        h("p", { class: "quiet" }, `Number ${one.asked.rank}: ${one.asked.reason}. ${Quasars.about(one)}`),
        Atlas.flags(one.flags), buttons, viewer, Quasars.votes(one), Atlas.similar(one.similar, query.objects),
        Atlas.source([`${folder}/query/round${data.round}/query.csv`]),
        h("p", { class: "source" }, later));
    };
    Atlas.browse({ place, objects: query.objects, fields: data.fields, noun: "targets", show,
      line: (one) => `${one.asked.rank}. ${answers.done(one) ? `✓ ${WORD[answers.of(one).klass]}, ${answers.of(one).quality}` : "open"}` });
    state.watch(redrawing(() => now));
    onKeys(head, (key) => {
      const klass = CLASSES.find(([, , own]) => own === key.toLowerCase());
      if (!now) return false;
      if (klass) now.form.set({ klass: klass[0] });
      else if (/^[0-4]$/.test(key)) now.form.set({ quality: key });
      else if (key === "n") next();
      else return nudged(now, key);
      return true;
    });
    answers.changed = refresh;
  };

  const nudged = (now, key) => {
    const steps = { "+": 1, "=": 1, "-": -1 }[key]; // = is + without the shift key
    if (steps) now.viewer.nudge(steps);
    return Boolean(steps);
  };

  // A watcher that draws the present spectrum again when the smoothing changes.
  const redrawing = (now) => {
    let smooth = state.get("smooth");
    return () => {
      if (state.get("smooth") === smooth) return;
      smooth = state.get("smooth");
      if (now()) now().viewer.draw();
    };
  };

  // Spectra to look at; a redshift that was tried is in the address, with its target.
  const spectraView = (view, noun, told, file) => (place) => {
    let now = null;
    const head = h("p", { class: "quiet" }, told);
    place.append(head);
    onKeys(head, (key) => now !== null && nudged(now, key));
    const show = (one) => {
      const [of, tried] = state.get("z").split("_");
      const viewer = Quasars.viewer(one, view.wave, of === one.id && tried !== "" ? Number(tried) : proposal(one),
        (z) => state.set({ z: z === null ? "" : `${one.id}_${z.toFixed(4)}` }));
      now = { viewer };
      return h("article", {}, h("h2", {}, `Target ${one.id}`), h("p", { class: "quiet" }, Quasars.about(one)),
        Atlas.flags(one.flags), viewer, Quasars.votes(one),
        h("h3", {}, "Row of the catalogue"),
        Atlas.table(Object.entries(data.fields).map(([name, field]) => [field.label, one.values[name]])),
        Atlas.similar(one.similar, view.objects), Atlas.source([file]));
    };
    Atlas.browse({ place, objects: view.objects, fields: data.fields, noun, show,
      line: (one) => (one.called ? `quasar, z = ${Atlas.number(one.values.Z, 4)}` : "no quasar") });
    state.watch(redrawing(() => now));
  };

  const views = {};
  if (data.query) views.query = { label: `Answer the query of round ${data.round}`, show: queryView };
  if (data.rates.length) views.rates = { label: "Rates by threshold", show: Quasars.rates };
  if (data.catalogue) {
    const { rows, targets, exposures } = data.catalogue.counts, n = data.catalogue.objects.length;
    views.catalogue = { label: `Catalogue of round ${data.round}`, show: spectraView(data.catalogue, "targets",
      `The catalogue has ${rows} rows: ${targets} targets in ${exposures} exposures. Shown are ${n} targets by lot, each `
      + "in its exposure of the best signal.", `${folder}/catalogue/round${data.round}/ensemble_results.csv`) };
  }
  for (const view of data.given) {
    views[`given${view.noise}`] = { label: `Given spectra, ${view.label}`, show: spectraView(view, "spectra",
      `${view.total} spectra were classified; shown are ${view.objects.length}.`, view.file) };
  }
  if (Object.keys(views).length) Atlas.views(views);
  else document.getElementById("view").append(h("p", {}, "There is nothing to show."));
}
