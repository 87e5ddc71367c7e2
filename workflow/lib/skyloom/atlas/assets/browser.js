"use strict";
// A list of objects that is filtered, sorted and walked through with the arrow keys, and
// a page of the chosen one beside it.

// "pitch_angle < 20 and n_arms >= 2" or a part of a name, as a test of an object.
Atlas.condition = (text, fields) => {
  const tests = text.split(/\s+and\s+|,/i).map((part) => part.trim()).filter(Boolean);
  const problems = [];
  const made = tests.map((part) => {
    const [, name, relation, number] = part.match(/^(\w+)\s*(<=|>=|=|<|>)\s*(-?[\d.]+(?:e-?\d+)?)$/i) || [];
    if (!name) {
      if (/[<>=]/.test(part)) problems.push(`“${part}” is no condition, as mag < 17 is one`);
      return (one) => one.id.includes(part) || (one.words || "").toLowerCase().includes(part.toLowerCase());
    }
    if (!(name in fields)) {
      problems.push(`no quantity “${name}”; there are ${Object.keys(fields).join(", ")}`);
      return () => true;
    }
    const limit = Number(number);
    const holds = { "<": (v) => v < limit, ">": (v) => v > limit, "<=": (v) => v <= limit,
      ">=": (v) => v >= limit, "=": (v) => v === limit }[relation];
    return (one) => typeof one.values[name] === "number" && holds(one.values[name]);
  });
  return { holds: (one) => made.every((test) => test(one)), problems };
};

// Parameters: place, objects [{id, values, flags, thumb, words}], fields {name: {label}},
// line(object) -> text of an option, show(object) -> element, noun "galaxies".
Atlas.browse = ({ place, objects, fields, line, show, noun = "objects" }) => {
  const h = Atlas.h, state = Atlas.state, height = 60;
  const list = h("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": noun });
  const room = h("div", { style: "position:relative" });
  list.append(room);
  const count = h("p", { class: "quiet", "aria-live": "polite" });
  const problem = h("p", { class: "banner", hidden: true, role: "alert" });
  const detail = h("section", { "aria-label": "Chosen object", tabindex: -1 });
  const where = h("input", { type: "text", value: state.get("where"), id: "where", autocomplete: "off",
    placeholder: `name, or ${Object.keys(fields)[0]} < 20`, oninput: () => state.set({ where: where.value }) });
  const sort = h("select", { id: "sort", onchange: () => state.set({ sort: sort.value }) },
    h("option", { value: "" }, "name"),
    Object.entries(fields).map(([name, field]) => h("option", { value: name }, field.label || name)));
  const flagged = h("select", { id: "flagged", onchange: () => state.set({ flagged: flagged.value }) },
    h("option", { value: "" }, "all"), h("option", { value: "no" }, "without flags"),
    h("option", { value: "yes" }, "flagged"));
  place.append(h("div", { class: "columns" },
    h("div", {},
      h("div", { class: "controls" },
        h("label", { for: "where", style: "flex:1 1 100%" }, "Show where", where),
        h("label", { for: "sort", style: "flex:1" }, "Order by", sort),
        h("label", { for: "flagged", style: "flex:1" }, "Flags", flagged)),
      problem, count, list),
    detail));
  let kept = objects, chosen = null;

  const draw = () => {
    room.style.height = `${kept.length * height}px`;
    const first = Math.max(0, Math.floor(list.scrollTop / height) - 3);
    const last = Math.min(kept.length, first + Math.ceil((list.clientHeight || 600) / height) + 8);
    room.replaceChildren(...kept.slice(first, last).map((one, i) => h("div", {
      class: "option", role: "option", id: `option-${one.id}`, "aria-selected": one === chosen,
      "aria-posinset": first + i + 1, "aria-setsize": kept.length,
      style: `top:${(first + i) * height}px`, onclick: () => state.set({ id: one.id }),
    }, one.thumb === null || one.thumb === undefined ? null : Atlas.sprite(one.thumb, 54),
    h("span", {}, h("strong", {}, one.id),
      one.flags && one.flags.length ? h("span", { class: "flagged", title: one.flags.join("; ") }, " ⚑",
        h("span", { class: "skip" }, " flagged")) : null,
      h("br"), h("span", { class: "quiet" }, line ? line(one) : "")))));
    list.setAttribute("aria-activedescendant", chosen ? `option-${chosen.id}` : "");
  };
  const reach = () => {
    const at = kept.indexOf(chosen) * height;
    if (at < 0) return;
    if (at < list.scrollTop) list.scrollTop = at;
    else if (at + height > list.scrollTop + list.clientHeight) list.scrollTop = at + height - list.clientHeight;
  };
  const refresh = () => {
    const { holds, problems } = Atlas.condition(state.get("where"), fields);
    const flag = state.get("flagged"), by = state.get("sort");
    kept = objects.filter((one) => holds(one)
      && (!flag || (flag === "yes") === Boolean(one.flags && one.flags.length)));
    if (by in fields) {
      const value = (one) => (typeof one.values[by] === "number" ? one.values[by] : Infinity);
      kept = [...kept].sort((a, b) => value(a) - value(b) || 0);
    }
    problem.hidden = !problems.length;
    problem.textContent = problems.join("; ");
    count.textContent = `${kept.length} of ${objects.length} ${noun}`;
    [where.value, sort.value, flagged.value] = [state.get("where"), by, flag];
    const now = objects.find((one) => one.id === state.get("id")) || kept[0] || null;
    if (now !== chosen || !detail.firstChild) {
      chosen = now;
      const held = detail.contains(document.activeElement); // the button that led here
      detail.replaceChildren(now ? show(now) : h("p", {}, `No ${noun} here.`));
      if (held) detail.focus();
    }
    reach();
    draw();
  };
  list.addEventListener("scroll", draw);
  list.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(list.clientHeight / height) - 1), at = kept.indexOf(chosen);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page,
      Home: 0, End: kept.length - 1 }[event.key];
    if (to === undefined || !kept.length) return;
    event.preventDefault();
    state.set({ id: kept[Math.min(Math.max(to, 0), kept.length - 1)].id });
  });
  state.watch(refresh);
  refresh();
};

// Up to eight objects like one, as buttons that go there.
Atlas.similar = (indices, objects) => {
  const h = Atlas.h;
  if (!indices || !indices.length) return null;
  return h("div", {}, h("h3", {}, "Most like it"), h("div", { class: "tiles" },
    indices.map((i) => objects[i]).map((one) => h("button", {
      class: "tile", "aria-label": `Go to ${one.id}`, onclick: () => Atlas.state.set({ id: one.id }),
    }, one.thumb === null || one.thumb === undefined ? null : Atlas.sprite(one.thumb, 72),
    h("span", { class: "quiet", style: "font-size:.75rem" }, one.id)))));
};
