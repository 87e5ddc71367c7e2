"""The list of objects: filter, order, keys, the address; of a page of made-up ones."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.atlas.page import write_page
from skyloom.atlas.sprites import sprite
from waiting import until

TARGET = 39089837596371002  # a browser's numbers would make it ...000
PROGRAM = """
Atlas.views({
  one: { label: "Objects", show: (place) => Atlas.browse({ place, noun: "things",
    objects: Atlas.data.objects, fields: Atlas.data.fields,
    show: (one) => Atlas.h("article", {}, Atlas.h("h2", {}, one.id),
      Atlas.flags(one.flags), Atlas.plot({ label: "A spectrum",
        x: { label: "wavelength [Å]" }, y: { label: "flux" },
        series: [{ name: "flux", colour: "#000000", x: one.x, y: one.y }],
        marks: [{ x: 4000, label: "K" }],
        top: { label: "rest", of: (v) => v / 2, back: (v) => v * 2 } }),
      Atlas.similar(one.similar, Atlas.data.objects),
      Atlas.source([`${Atlas.data.folder}/x/${one.id}.json`])) }) },
  two: { label: "Map", show: (place) => place.append(Atlas.grid({ rows: 3, columns: 4,
    name: "ages", values: Atlas.data.ages, chosen: Number(Atlas.state.get("unit", 5)),
    label: (i) => `unit ${i}: ${Atlas.number(Atlas.data.ages[i])} Gyr`,
    choose: (i) => Atlas.state.set({ unit: i }) })) },
});
"""


@pytest.fixture
def path(tmp_path):
    """Write a page of 300 objects, two of them flagged."""
    x = np.linspace(3600, 9800, 200)
    objects = [
        {
            "id": str(TARGET + i),
            "words": "ring" if i == 7 else "",
            "values": {"mag": 15 + i / 100, "arms": i % 3 or None},
            "flags": ["<b>saturated</b>"] if i in (3, 5) else [],
            "thumb": i % 4,
            "similar": [(i + 1) % 300],
            "x": x,
            "y": np.where(x < 5000, np.nan, np.sin(x / 300)),
        }
        for i in range(300)
    ]
    (tmp_path / "program.js").write_text(PROGRAM)
    pictures = [
        np.random.default_rng(1).integers(0, 255, (30, 40, 3), np.uint8)
        for _ in range(4)
    ]
    page = tmp_path / "results" / "mine" / "atlas" / "x.html"
    fields = {"mag": {"label": "magnitude"}, "arms": {"label": "arms"}}
    write_page(
        page,
        title="x: things </script> & more",
        opening="Things.",
        data={"objects": objects, "fields": fields, "ages": [*range(11), None]},
        sprite=sprite(pictures),
        program=tmp_path / "program.js",
        provenance={"code": '"><script>alert(1)</script>'},
        warnings=["Made up."],
    )
    return page


def heading(page) -> str:
    return page.locator("article h2").inner_text()


def test_identifiers_keep_their_digits(opened_page, path):
    """Those of 17 digits, in the list, the heading, the address and the file's name."""
    page = opened_page(path)
    page.locator(".option").nth(2).click()
    assert heading(page) == str(TARGET + 2)
    assert page.evaluate("location.hash") == f"#id={TARGET + 2}"
    file, said = f"{path.parents[1]}/x/{TARGET + 2}.json", page.locator(".source")
    assert said.inner_text().startswith(f"Shown: {file}\n")
    assert f"--force {file} <and the --configfile" in said.inner_text()


def test_keys_walk_through_the_filtered_list(opened_page, path):
    """Arrow keys go to the next one that is shown, End to the last."""
    page = opened_page(path)
    page.fill("#where", "arms = 2 and mag < 15.1")
    assert "3 of 300 things" in page.content()
    page.focus("[role=listbox]")
    chosen = []
    for key in ("Home", "ArrowDown", "End", "ArrowUp"):
        page.keyboard.press(key)
        chosen.append(int(heading(page)) - TARGET)
    assert chosen == [2, 5, 8, 5]
    active = page.get_attribute("[role=listbox]", "aria-activedescendant")
    assert page.get_attribute(f"#{active}", "aria-selected") == "true"


def test_a_link_brings_the_view_back(opened_page, path):
    """Filter, order and object are in the address; another window shows the same."""
    page = opened_page(path)
    page.fill("#where", "mag > 16")
    page.select_option("#sort", "arms")
    page.select_option("#flagged", "no")
    page.locator(".option").nth(1).click()
    again = opened_page(path, state=page.evaluate("location.hash"))
    assert heading(again) == heading(page)
    assert again.input_value("#where") == "mag > 16"
    assert again.locator(".option").count() == page.locator(".option").count()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("size < 3", "no quantity “size”; there are mag, arms"),
        ("mag <", "“mag <” is no"),
    ],
)
def test_a_wrong_condition_is_told(opened_page, path, text, said):
    """With what there is, and what a condition looks like."""
    page = opened_page(path)
    page.fill("#where", text)
    assert said in page.locator("[role=alert]").inner_text()


def test_flags_stand_first_and_are_text(opened_page, path):
    """The banner of a flagged object; what a file says is never read as HTML."""
    page = opened_page(path)
    page.select_option("#flagged", "yes")
    assert "2 of 300 things" in page.content()
    assert "<b>saturated</b>" in page.locator("article .banner").inner_text()


def test_a_name_or_a_word_is_found(opened_page, path):
    """A part of an identifier, or of what else is said of an object."""
    page = opened_page(path)
    page.fill("#where", "RING")
    assert heading(page) == str(TARGET + 7)
    assert page.locator(".option strong").all_inner_texts() == [str(TARGET + 7)]


def test_similar_objects_lead_on(opened_page, path):
    """A press on one of them shows it."""
    page = opened_page(path, state=f"#id={TARGET + 299}")
    page.locator("article button").click()
    assert heading(page) == str(TARGET)


def test_a_plot_reads_out_what_is_below_the_pointer(opened_page, path):
    """Wavelength and flux, with both axes and the mark of a line; gaps are told."""
    page = opened_page(path)
    box = page.locator("article svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    text = page.locator("article .readout").inner_text()
    assert text.startswith("wavelength [Å] 8")
    texts = page.locator("article svg text").all_text_contents()
    assert {"wavelength [Å]", "flux", "rest", "K", "4000", "2000"} <= set(texts)
    page.mouse.move(box["x"] + 80, box["y"] + box["height"] / 2)
    assert page.locator("article .readout").inner_text().endswith("flux –")


def test_a_map_is_walked_with_keys(opened_page, path):
    """Arrow keys read out units, Enter chooses one; the address has it."""
    page = opened_page(path, state="#view=two")
    page.focus('[data-unit="5"]')
    page.keyboard.press("ArrowDown")
    assert "unit 9: 9 Gyr" in page.content()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert "unit=10" in page.evaluate("location.hash")
    page.hover('[data-unit="11"]')
    assert "unit 11: – Gyr" in page.content()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(opened_page, path, width):
    """Neither on a desk nor on a telephone."""
    page = opened_page(path, width=width)
    for view in ("one", "two"):
        page.evaluate(f"Atlas.state.set({{ view: '{view}' }})")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_all_that_can_be_pressed_has_a_name(opened_page, path):
    """Buttons, fields, pictures and lists, for those who hear a page."""
    page = opened_page(path)
    nameless = page.evaluate("""[...document.querySelectorAll(
        'button, input, select, svg[role], [role=img], [role=listbox]')].filter((one) =>
        !(one.getAttribute('aria-label') || one.innerText || (one.labels || []).length)
    ).map((one) => one.outerHTML)""")
    assert nameless == []


def test_a_key_held_down_is_followed_at_once(opened_page, path):
    """The address follows in time: browsers count how often it is changed."""
    page = opened_page(path)
    last = page.evaluate("""() => {
      for (let i = 0; i < 300; i += 1) Atlas.state.set({ sort: "", n: i });
      return Atlas.state.get("n");
    }""")
    assert last == "299"
    until(lambda: "n=299" in page.evaluate("location.hash"), 30)


def test_a_view_that_is_left_is_told_no_more(opened_page, path):
    """Its list would show an object of its own for the one that the new view shows."""
    page = opened_page(path)
    calls = page.evaluate("""() => {
      const before = Atlas.state.watchers.length;
      let told = 0;
      Atlas.state.watch(() => { told += 1; });
      Atlas.state.set({ view: "two" });
      return [before, told];
    }""")
    assert calls[0] > 0
    assert calls[1] == 0
