"use strict";
// The answers of an inspector: kept in the browser, written and read as our CSV.
const Quasars = {}; // what the programs of this page share
{
  const { data } = Atlas;
  const COLUMNS = ["TARGETID", "VI_Z", "VI_QUALITY", "VI_CLASS", "VI_BY"];
  const PLACED = ["GALAXY", "QSO"]; // nobody is sure of one (quality 3 or 4) without a redshift

  // What `keeper` (localStorage) holds under a name; a browser may refuse it.
  const kept = (name, keeper) => {
    try {
      return { read: JSON.parse(keeper().getItem(name)), refused: false };
    } catch (refused) {
      return { read: null, refused: true };
    }
  };

  // Answers of a query: {klass, quality, z}, each of them undefined or "" until it is given.
  // They are those of one inspector; another on the same browser begins anew.
  Quasars.answers = (query, name, keeper = () => localStorage) => {
    const found = kept(name, keeper);
    let all = found.read?.all || {};
    const ids = new Set(query.objects.map((one) => one.id));
    const self = { by: found.read?.by || "", refused: found.refused, unsaved: false };
    const mine = () => { all[self.by] = all[self.by] || {}; return all[self.by]; };
    self.save = () => {
      try {
        keeper().setItem(name, JSON.stringify({ by: self.by, all }));
        [self.refused, self.unsaved] = [false, false];
      } catch (refused) {
        [self.refused, self.unsaved] = [true, true];
      }
    };
    // What is answered in another window of the same page is kept too.
    addEventListener("storage", (event) => {
      if (event.key !== name || !event.newValue) return;
      all = JSON.parse(event.newValue).all || {};
      if (self.changed) self.changed();
    });
    self.of = (one) => mine()[one.id] || {};
    self.set = (one, changes) => { mine()[one.id] = { ...self.of(one), ...changes }; self.save(); };
    self.drop = (one) => { delete mine()[one.id]; self.save(); };
    // The first name takes what was answered before it was written.
    self.rename = (by) => {
      const before = all[self.by] || {}, nobody = self.by === "";
      if (nobody) delete all[""];
      self.by = by.trim();
      all[self.by] = { ...(all[self.by] || {}), ...(nobody ? before : {}) };
      self.save();
    };
    // Of a galaxy or a quasar the redshift that is shown is meant, until another is set.
    self.z = (one) => {
      const { z, klass } = self.of(one);
      if (z !== undefined) return z;
      return PLACED.includes(klass) && typeof one.values.Z === "number" ? one.values.Z.toFixed(4) : "";
    };
    self.lacks = (one) => {
      const { klass, quality } = self.of(one), z = self.z(one);
      const placed = z === "" ? Number(quality || 0) < 3 : Number(z) > 0;
      return [klass === undefined ? "a class" : null, quality === undefined ? "a quality" : null,
        PLACED.includes(klass) && !placed ? "a redshift above 0" : null].filter(Boolean);
    };
    self.done = (one) => self.lacks(one).length === 0;
    self.count = () => query.objects.filter(self.done).length;
    self.csv = () => [COLUMNS, ...query.objects.filter(self.done).map((one) =>
      [one.id, self.z(one), self.of(one).quality, self.of(one).klass, self.by])]
      .map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
    // Takes the answers of the present inspector, or of the only one; says what it did.
    self.load = (text) => {
      const { rows, problem } = read(text);
      if (problem) return { problem };
      const people = [...new Set(rows.map((row) => row.VI_BY))];
      const by = self.by || (people.length === 1 ? people[0] : "");
      const own = rows.filter((row) => row.VI_BY === by);
      if (!own.length) return { problem: `the file has answers of ${people.join(", ")}; write one of these names first` };
      const here = own.filter((row) => ids.has(row.TARGETID));
      if (!here.length) return { problem: "none of its targets is asked about on this page" };
      if (!self.by) self.rename(by);
      for (const row of here) {
        mine()[row.TARGETID] = { klass: data.words[row.VI_CLASS], quality: row.VI_QUALITY, z: row.VI_Z };
      }
      self.save();
      const other = own.length - here.length;
      return { words: `${here.length} answers of ${by} are loaded${other ? `; ${other} are about other targets` : ""}` };
    };
    return self;
  };

  const quoted = (cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

  // The rows of a CSV file as lists of texts; cells in quotes may hold anything.
  const cells = (text) => {
    const rows = [[]];
    for (const [, before, inQuotes, bare] of text.matchAll(/(^|,|\r?\n|\r)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)) {
      if (before && before !== ",") rows.push([]);
      rows[rows.length - 1].push(inQuotes === undefined ? bare : inQuotes.replaceAll('""', '"'));
    }
    return rows.filter((row) => row.some((cell) => cell.trim() !== ""));
  };

  const read = (text) => {
    const [head = [], ...lines] = cells(text.replace(/^\ufeff/, ""));
    const names = head.map((name) => name.trim().toUpperCase());
    const missing = COLUMNS.filter((name) => !names.includes(name));
    if (missing.length) return { problem: `the file has no column ${missing.join(", ")}` };
    const rows = lines.map((line) => Object.fromEntries(names.map((name, i) => [name, (line[i] || "").trim()])));
    for (const [i, row] of rows.entries()) {
      const bad = wrong(row);
      if (bad) return { problem: `row ${i + 2}: ${bad}` };
      row.VI_CLASS = row.VI_CLASS.toUpperCase();
      row.VI_QUALITY = String(Number(row.VI_QUALITY));
      if (row.VI_Z !== "" && !(Number(row.VI_Z) > -1)) row.VI_Z = "";
    }
    return { rows };
  };

  const wrong = (row) => {
    if (!/^-?\d+$/.test(row.TARGETID)) {
      return `TARGETID “${row.TARGETID}” is no whole number; a spreadsheet drops its last digits`;
    }
    if (!(row.VI_CLASS.toUpperCase() in data.words)) return `VI_CLASS “${row.VI_CLASS}” is none of ours`;
    if (row.VI_QUALITY === "" || !(row.VI_QUALITY >= 0 && row.VI_QUALITY <= 4)) return "VI_QUALITY is not from 0 to 4";
    const z = Number(row.VI_Z);
    if (row.VI_Z !== "" && z !== -1 && !(z >= -0.1 && z <= 20)) return `VI_Z “${row.VI_Z}” is not from -0.1 to 20`;
    return row.VI_BY === "" ? "VI_BY is empty" : null;
  };
}
