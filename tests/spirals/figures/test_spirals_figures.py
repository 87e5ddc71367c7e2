"""Figures hold what they are given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from skyloom.plots import style
from skyloom.spirals.evaluation.joint import compare, efficiency
from skyloom.spirals.evaluation.votes import pit
from skyloom.spirals.figures.maps import (
    LOOKS,
    Galaxy,
    galaxy_figure,
    gallery,
    tinted,
)
from skyloom.spirals.figures.scores import (
    efficiency_figure,
    overlap_figure,
    recovery_figure,
    votes_figure,
)
from skyloom.spirals.questions import columns, questions


@pytest.fixture
def rng():
    """Return a generator."""
    return np.random.default_rng(0)


@pytest.fixture
def picture(rng):
    """Return a picture of 64 px with a bright south-east corner."""
    image = rng.integers(0, 30, (64, 64, 3)).astype(np.uint8)
    image[:16, :16] = 250
    return image


@pytest.fixture
def maps():
    """Return maps of 32 px: arms in the north, a bar in the middle."""
    found = np.zeros((2, 32, 32))
    found[0, 24:28] = 1.0
    found[1, 14:18, 8:24] = 0.5
    return found


@pytest.fixture
def votes(rng):
    """Return predictions and votes."""
    concentrations = np.exp(rng.normal(1, 0.8, (60, len(columns()))))
    counts = np.zeros(concentrations.shape, int)
    for one in questions():
        for row, a in enumerate(concentrations[:, one.columns]):
            counts[row, one.columns] = rng.multinomial(20, rng.dirichlet(a))
    return concentrations, counts


def test_tints_are_as_strong_as_the_shares_and_in_their_place(picture, maps):
    shown = tinted(picture, maps)
    assert shown.shape == picture.shape
    np.testing.assert_allclose(shown[50], np.tile(colors.to_rgb(LOOKS[0]), (64, 1)))
    bare = tinted(picture, 0 * maps)
    assert (np.ptp(bare, axis=2) < 1e-12).all()  # grey
    bar = np.s_[30:34, 20:40]
    way = shown[bar] - bare[bar]
    assert (way[..., 0] > way[..., 2]).all()  # towards orange
    assert (shown[8:16] == bare[8:16]).all()


def test_the_page_has_a_row_a_galaxy_and_says_overlaps(picture, maps, tmp_path):
    shown = {"volunteers": maps, "network": 0.8 * maps}
    overlaps = {"network": (0.8, np.nan)}
    rows = [Galaxy(name, picture, shown, overlaps) for name in ("one", "two")]
    fig = gallery(rows, "network")
    assert len(fig.axes) == 2 * 3
    texts = [text.get_text() for axes in fig.axes for text in axes.texts]
    drawn = [text for text in texts if text not in ("", "N", "E")]
    assert drawn == ["one", "arms 0.80", "two", "arms 0.80"]
    assert texts.count("N") == 1  # a compass on the first
    # The bright corner of the array is at the lower left: south-east on the sky.
    image = fig.axes[0].images[0]
    assert image.origin == "lower"
    assert image.get_array()[0, 0].tolist() == [250, 250, 250]
    style.save(fig, tmp_path / "page.png", dpi=60)


def test_contours_lie_where_the_map_is(picture, maps):
    fig = gallery([Galaxy("one", picture, {"network": maps}, {})], "network")
    arms, bar = fig.axes[0].collections
    y = np.concatenate([path.vertices[:, 1] for path in arms.get_paths()])
    assert y.min() > 45
    assert y.max() < 58
    x, y = np.concatenate([path.vertices for path in bar.get_paths()]).T
    assert x.mean() == pytest.approx(31.5, abs=0.6)
    assert y.mean() == pytest.approx(31.5, abs=0.6)


def test_one_galaxy_has_a_bar_an_answer(picture, maps, votes, tmp_path):
    fig = galaxy_figure("J1.png", picture, maps, votes[0][0], ["pitch angle 18°"])
    panel = fig.axes[-1]
    assert len(panel.patches) == len(columns())
    widths = np.array([patch.get_width() for patch in panel.patches])
    for one in questions():
        assert widths[one.columns].sum() == pytest.approx(1)
    assert "J1.png" in fig.axes[0].get_title()
    style.save(fig, tmp_path / "one.png", dpi=60)


def test_blank_maps_and_an_empty_picture_are_drawn(votes, tmp_path):
    blank = np.zeros((32, 32, 3), np.uint8)
    fig = galaxy_figure("none", blank, np.zeros((2, 16, 16)), votes[0][0])
    style.save(fig, tmp_path / "none.png", dpi=60)
    assert not fig.axes[0].collections


def test_overlaps_are_drawn_with_a_line_of_the_volunteers(tmp_path):
    table = pd.DataFrame({"method": ["joint", "volunteers"], "value": [0.5, 0.3]})
    table = table.assign(low=[0.4, 0.25], high=[0.6, None], n=20)
    fig = overlap_figure({"arms": table, "bars": table}, "volunteers")
    lines = [line.get_xdata() for line in fig.axes[0].lines]
    assert [0.3, 0.3] in [list(x) for x in lines]
    assert fig.axes[1].get_title() == "bars: 20 galaxies"
    style.save(fig, tmp_path / "overlap.png", dpi=60)


def test_votes_have_a_series_a_question(votes, rng, tmp_path):
    concentrations, counts = votes
    counts[:, questions()[3].columns] = 0  # of bars: nobody was asked
    fig = votes_figure(concentrations, counts, pit(concentrations, counts, rng), rng)
    names = [text.get_text() for text in fig.legends[0].get_texts()]
    assert names == ["smooth or featured", "disk edge on", "has spiral arms"]
    style.save(fig, tmp_path / "votes.png", dpi=60)


def test_recovered_angles_are_drawn_beside_their_truth(tmp_path):
    table = pd.DataFrame({"bar_pa": [1.0, 90.0], "bar_pa_true": [179.0, 88.0]})
    table["bar_pa_err"] = 2.0
    table = table.assign(bar_length=[5.0, np.nan], bar_length_true=[4.0, 6.0])
    fig = recovery_figure(table.assign(bar_length_err=[0.3, np.nan]))
    length, angle = fig.axes
    assert angle.lines[0].get_ydata().tolist() == [181, 90]
    assert "median error 2.0°" in angle.texts[0].get_text()
    assert length.texts[0].get_text() == "1 galaxies\nmedian error 25.0%"
    style.save(fig, tmp_path / "recovery.png", dpi=60)


def test_the_curve_has_heads_above_and_differences_below(rng, tmp_path):
    parts = [
        pd.DataFrame({"heads": heads, "masks": masks, "repeat": repeat,
                      "galaxy": range(9), "bar": rng.uniform(0.2, 0.6, 9)})
        for heads in ("joint", "segmentation", "votes")[:2]
        for masks in (30, 90)
        for repeat in range(3)
    ]  # fmt: skip
    table = pd.concat(parts)
    curve = efficiency(table, "bar", rng, 30)
    found = compare(table, "bar", rng, 30).assign(of="joint - segmentation")
    level = {"heads": "mean_mask", "masks": 90, "repeats": 1, "value": 0.3}
    curve = pd.concat([curve, pd.DataFrame([level])])
    fig = efficiency_figure({"bars": curve}, {"bars": found}, ["mean_mask"])
    upper, lower = fig.axes
    names = [text.get_text() for text in upper.get_legend().get_texts()]
    assert names == ["joint", "segmentation"]
    assert upper.texts[0].get_text() == "mean mask"
    assert lower.get_legend().get_texts()[0].get_text() == "joint − segmentation"
    style.save(fig, tmp_path / "curve.png", dpi=60)


def test_a_page_may_lie_on_its_side(picture, maps):
    """A column a galaxy: as many panels, each map's title at the left."""
    rows = [Galaxy(name, picture, {"network": maps}, {}) for name in "abc"]
    fig = gallery(rows, "network", across=True)
    first = [axes for axes in fig.axes if axes.get_ylabel()]
    assert [a.get_ylabel() for a in first] == ["contours: network", "network"]
    assert len({round(a.get_position().x0, 3) for a in fig.axes}) == 3
