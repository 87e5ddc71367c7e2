"""The page of quasars: answers are given, kept, written and read; rates, spectra."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.inspect import merge, read_answers
from skyloom.quasars.survey.classify import columns
from skyloom.quasars.tasks import atlas

FIRST = 39089837596371002  # a browser's numbers would make it ...000
N = 5
OWN = 0.43
REFUSED = """Object.defineProperty(window, "localStorage",
  { get() { throw new Error("refused"); } });"""


def rows_of(n: int) -> pd.DataFrame:
    """Return rows of results of quasars at z = 1, 1.1, ..."""
    rows = pd.DataFrame(0.25, range(n), columns(Architecture()))
    places = {"TARGETID": FIRST + np.arange(n), "TILEID": 1, "EXPID": 2}
    rows = rows.assign(**places, Z=1 + np.arange(n) / 10, DEAD_ARMS=0, Z_ALT=3.0)
    return rows.assign(C_BEST=np.linspace(0.1, 0.9, n), C_MGII=0.9, SUPPORT_ALT=0.1)


@pytest.fixture(scope="module")
def content():
    """Return data and pictures of a page of a query, rates, and a catalogue."""
    rows, page = rows_of(N), atlas.Page()
    why = {"RANK": np.arange(1, N + 1), "REASON": "by lot", "N_EXP": 2}
    wave = LOG.wave
    flux = 1 + np.exp(-(((wave - 2796.35 * 2) / 60) ** 2)) + np.zeros((N, 1))
    ivar = np.where(np.arange(LOG.size) < 9, 0, 100.0) + np.zeros((N, 1))
    truth = pd.DataFrame({"targetid": rows["TARGETID"], "z": rows["Z"], "klass": "QSO"})
    truth.loc[0, ["z", "klass"]] = 0.0, "STAR"
    truth = truth.assign(confident=True, quality=4.0, bal=0, source="us")
    spectra = wave, flux, ivar, OWN, 1
    data = atlas.words() | {"given": [], "round": 2, "source": "files"}
    data["query"] = page.view(rows.assign(**why), *spectra) | {"key": "k", "total": 9}
    counts = {"rows": 9, "targets": N, "exposures": 1}
    data["catalogue"] = page.view(rows, *spectra) | {"counts": counts}
    error = {"value": 0.1, "low": 0.05, "high": 0.2, "if_right": 0.04}
    told = {"label": "round 2", "file": "x.json"}
    told["errors"] = {"score": error, "probability": error}
    data["rates"] = [atlas.rates(rows, truth, OWN, {}, 1) | told]
    return data, sprite(page.pictures, 24)


@pytest.fixture
def path(content, tmp_path):
    """Write the page."""
    data, pictures = content
    place = tmp_path / "results" / "mine" / "atlas" / "quasars.html"
    about = {"title": "quasars", "opening": "Spectra.", "provenance": {}}
    write_page(place, data=data, sprite=pictures, program=program("quasars"), **about)
    return place


def answered(page) -> str:
    return page.get_by_role("status").first.inner_text()


def downloaded(page, tmp_path):
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download answers").click()
    target = tmp_path / waited.value.suggested_filename
    waited.value.save_as(target)
    return target


def test_answers_by_keys_are_read_by_the_next_round(opened_page, path, tmp_path):
    """Classes, qualities and redshifts; all digits of targets; then loaded again."""
    page = opened_page(path)
    assert answered(page) == f"0 of {N} answered"
    assert "9 targets; the first 5 are here" in page.locator("main").inner_text()
    for keys in ("q4n", "g2+=+-n", "s3n", "u0n"):
        for key in keys:
            page.keyboard.press(key)
    assert answered(page) == f"4 of {N} answered"
    assert f"Target {FIRST + 4}" in page.locator("article h2").inner_text()
    page.get_by_role("button", name="Download answers").click()
    assert "Write your name first" in page.get_by_role("alert").first.inner_text()
    page.fill("#by", 'Ana, "AB"')
    page.keyboard.press("Tab")
    target = downloaded(page, tmp_path)
    assert target.name == "vi_Ana_AB__round2.csv"
    table = read_answers([target])
    assert table["TARGETID"].tolist() == [FIRST + i for i in range(4)]
    assert table["VI_CLASS"].tolist() == ["QSO", "GALAXY", "STAR", ""]
    assert table["VI_QUALITY"].tolist() == [4, 2, 3, 0]
    assert table["VI_BY"].unique().tolist() == ['Ana, "AB"']
    moved = 1.1 + 2 * 5e-4 * 2.1
    assert table["VI_Z"].iloc[:2].tolist() == pytest.approx([1.0, moved], abs=1e-4)
    assert table["VI_Z"].iloc[2:].isna().all()
    assert merge(table)["confident"].tolist() == [True, False, True, False]

    page.reload()
    assert answered(page) == f"4 of {N} answered"
    page.evaluate("localStorage.clear()")
    page.reload()
    assert answered(page) == f"0 of {N} answered"
    page.set_input_files("#load", target)
    page.get_by_text("4 answers of Ana").wait_for()
    assert answered(page) == f"4 of {N} answered"
    assert downloaded(page, tmp_path).read_bytes() == target.read_bytes()


def test_answers_of_two_windows_are_kept_together(opened_page, path, tmp_path):
    """Of one browser and inspector; the later answer about the same target counts."""
    first = opened_page(path)
    first.fill("#by", "Ana")
    first.keyboard.press("Tab")
    with first.expect_popup() as opened:
        first.evaluate("void window.open(location.href)")
    second = opened.value
    for key in "q4n":
        first.keyboard.press(key)
    second.get_by_text(f"1 of {N} answered").first.wait_for()
    for key in "s2ns3":
        second.keyboard.press(key)
    first.get_by_text(f"2 of {N} answered").first.wait_for()
    table = read_answers([downloaded(first, tmp_path)])
    assert table["TARGETID"].tolist() == [FIRST, FIRST + 1]
    assert table["VI_CLASS"].tolist() == ["STAR", "STAR"]
    assert table["VI_QUALITY"].tolist() == [2, 3]
    first.reload()
    assert answered(first) == f"2 of {N} answered"
    second.close()


def test_buttons_answer_and_say_what_is_missing(opened_page, path):
    """The list shows the answer; another target has none; an answer is removed."""
    page = opened_page(path)
    form = page.get_by_role("group", name="Answer for")
    form.get_by_role("button", name="quasar (q)").click()
    assert "Still needed: a quality." in form.inner_text()
    form.get_by_role("button", name="3", exact=True).click()
    assert "Answered: quasar, quality 3, z = 1.0000." in form.inner_text()
    pressed = form.locator('[aria-pressed="true"]')
    assert pressed.all_inner_texts() == ["quasar (q)", "3"]
    assert "✓ quasar, 3" in page.locator(".option").first.inner_text()
    page.fill("#z", "")
    page.keyboard.press("Tab")
    assert "Still needed: a redshift above 0." in form.inner_text()
    page.get_by_role("button", name="next best: z = 3.0000").click()
    assert "z = 3.0000." in form.inner_text()
    page.fill("#z", "99")
    page.keyboard.press("Tab")
    assert "no redshift from -0.1 to 20" in page.locator("article").inner_text()
    page.fill("#where", "open")
    assert f"{N - 1} of {N} targets" in page.locator("main").inner_text()
    page.fill("#where", "")
    form.get_by_role("button", name="Remove").click()
    assert answered(page) == f"0 of {N} answered"


def test_inspectors_at_one_browser_do_not_see_each_other(opened_page, path):
    """Each name has a list of its own, kept when another is written."""
    page = opened_page(path)
    page.keyboard.press("s")
    page.keyboard.press("4")
    for name, n in (("AB", 1), ("CD", 0), ("AB", 1)):
        page.fill("#by", name)
        page.keyboard.press("Tab")
        assert answered(page) == f"{n} of {N} answered"


def test_a_browser_that_keeps_nothing_is_told_of(opened_page, path, tmp_path):
    """Answers are still given and downloaded."""
    page = opened_page(path)
    assert not page.get_by_text("does not keep answers").is_visible()
    page.add_init_script(REFUSED)
    page.reload()
    page.keyboard.press("q")
    page.keyboard.press("3")
    assert page.get_by_text("does not keep answers").is_visible()
    assert answered(page) == f"1 of {N} answered"
    page.fill("#by", "AB")
    page.keyboard.press("Tab")
    assert len(read_answers([downloaded(page, tmp_path)])) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "no column TARGETID"),
        ("{head}\n3.90898E+16,1,4,QSO,AB\n", "drops its last digits"),
        (f"{{head}}\n{FIRST},1,9,QSO,AB\n", "row 2: VI_QUALITY"),
        (f"{{head}}\n{FIRST},1,4,DUCK,AB\n", "“DUCK” is none of ours"),
        ("{head}\n5,1,4,QSO,AB\n", "none of its targets"),
        (f"{{head}}\n{FIRST},1,4,QSO,A\n{FIRST},1,4,QSO,B\n", "answers of A, B"),
    ],
)
def test_a_table_that_cannot_be_is_refused(opened_page, path, tmp_path, text, told):
    """With the row and the reason; nothing of it is taken."""
    head = "TARGETID,VI_Z,VI_QUALITY,VI_CLASS,VI_BY"
    (tmp_path / "bad.csv").write_text(text.format(head=head))
    page = opened_page(path)
    page.set_input_files("#load", tmp_path / "bad.csv")
    page.get_by_text(told).wait_for()
    assert answered(page) == f"0 of {N} answered"


def test_the_spectrum_follows_smoothing_and_redshift(opened_page, path):
    """The mean is that of our figures; lines and the upper axis move with z."""
    page = opened_page(path, state="#view=query&smooth=5")
    label = page.locator("svg[aria-label^=Spectrum]")
    assert "redshift 1.0000" in label.get_attribute("aria-label")
    assert "Mg II 0.90" in label.text_content()
    page.locator("#fine").fill("10")
    assert page.input_value("#z") == "1.0100"
    assert "z = 1.0100" in label.text_content()
    page.locator("#smooth").fill("9")
    assert "smooth=9" in page.url
    assert "mean of 9 pixels" in page.locator(".legend").first.inner_text()
    noise = np.random.default_rng(0)
    flux, ivar = noise.normal(size=50), noise.uniform(0.5, 2, 50)
    ivar[20:24] = 0
    error = [v**-0.5 if v else None for v in ivar]
    sent = json.dumps({"flux": flux.tolist(), "error": error})
    found = page.evaluate(f"Quasars.smoothed({sent}, 5).flux")
    wanted = atlas.smoothed(flux, ivar)
    assert found == pytest.approx(wanted.tolist())


def test_a_spectrum_is_unpacked_as_it_was_packed(opened_page, path, content):
    """Flux to three digits; null where a pixel was not used."""
    page = opened_page(path)
    found = page.evaluate("Quasars.unpacked(Atlas.data.query.objects[0])")
    assert found["flux"][:9] == [None] * 9
    assert found["error"][9:] == pytest.approx([0.1] * (LOG.size - 9), rel=1e-3)
    line = 1 + np.exp(-(((LOG.wave - 2796.35 * 2) / 60) ** 2))
    assert found["flux"][9:] == pytest.approx(line[9:].tolist(), rel=1e-3)


def test_the_threshold_moves_the_rates(opened_page, path, content):
    """The run's own at first; the address holds another; a button goes back."""
    one = content[0]["rates"][0]
    page = opened_page(path, state="#view=rates")
    table = page.locator("main table").first

    def shown(name):
        row = table.locator("tr", has=page.get_by_role("rowheader", name=name))
        return row.first.inner_text().split()

    own = one["measures"]["completeness"][one["own"]]
    assert shown("completeness")[1] == f"{own['value']:g}"
    assert "Threshold: 0.43, this run's" in page.locator("main").inner_text()
    page.locator("#threshold").fill("0")
    low = one["measures"]["purity"][0]
    ends = f"{low['low']:.3g}–{low['high']:.3g}"
    assert shown("purity")[1:] == [f"{low['value']:g}", ends, f"({low['targets']})"]
    assert "t=0" in page.url
    page.get_by_role("button", name="This run's").click()
    assert shown("completeness")[1] == f"{own['value']:g}"
    assert page.locator("svg[aria-label^='Share of quasars']").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_catalogue_is_looked_through(opened_page, path, width):
    """By keys; what was tried is in the address; the page fits its width."""
    page = opened_page(path, width=width, state="#view=catalogue")
    assert "The catalogue has 9 rows" in page.locator("main").inner_text()
    page.locator(".list").focus()
    page.keyboard.press("ArrowDown")
    assert f"Target {FIRST + 1}" in page.locator("article h2").inner_text()
    page.keyboard.press("+")
    assert re.search(rf"z={FIRST + 1}_1\.10\d+", page.url)
    tried = page.input_value("#z")
    page.reload()
    assert page.input_value("#z") == tried
    like = page.get_by_role("button", name=f"Go to {FIRST}", exact=True)
    like.click()
    assert f"Target {FIRST}" in page.locator("article h2").inner_text()
    assert page.input_value("#z") == "1.0000"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_run_without_products_says_so(opened_page, path):
    """No view, no error."""
    about = {"title": "quasars", "opening": "Spectra.", "provenance": {}}
    data = atlas.words() | {"given": [], "rates": []}
    write_page(path, data=data, sprite=sprite([]), program=program("quasars"), **about)
    page = opened_page(path)
    assert "There is nothing to show" in page.locator("main").inner_text()
