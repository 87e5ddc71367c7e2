"""Figures of one galaxy."""

import invented_galaxy
import numpy as np
import pytest
from skyloom.builder.fitting.render import render
from skyloom.builder.products import figures
from skyloom.plots import style

MODEL_IMAGE = render(invented_galaxy.MODEL, invented_galaxy.SHAPE)


def page(image=MODEL_IMAGE, **changes):
    noise = np.random.default_rng(2).normal(0, 1, invented_galaxy.SHAPE)
    values = {
        "volunteers": invented_galaxy.volunteers(),
        "aggregate": invented_galaxy.aggregate(),
        "tuned": invented_galaxy.tuned(),
        "fit": {"MODEL": MODEL_IMAGE, "RESIDUAL": noise},
        "mask": np.zeros(invented_galaxy.SHAPE, bool),
        "wcs": invented_galaxy.wcs(),
    } | changes
    return figures.galaxy(image, **values)


def texts(fig):
    return " ".join(t.get_text() for axes in fig.axes for t in axes.texts)


def test_full_page(tmp_path):
    """Six panels, saved to the same bytes twice."""
    fig = page()
    titles = [axes.get_title() for axes in fig.axes[:6]]
    assert titles[:4] == ["image", "model", "residual", "drawn shapes and aggregate"]
    assert titles[4:] == ["2 drawn arms, 2 fitted", "pitch angles"]
    style.save(fig, tmp_path / "a.png", dpi=60)
    style.save(page(), tmp_path / "b.png", dpi=60)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_failed_fit_says_why():
    """Without a model its panels hold the reason, the others are drawn."""
    fig = page(tuned=invented_galaxy.failed("too few pixels"), fit=None)
    assert "no fit: too few pixels" in texts(fig)


def test_subject_without_image_and_crowd():
    """No image, no aggregate: a page all the same."""
    nothing = invented_galaxy.aggregate(
        status="failed", reason="no cluster", model=None, arms=[], masks={}
    )
    fig = page(None, aggregate=nothing, tuned=None, fit=None, mask=None, wcs=None)
    assert "no image" in texts(fig)
    assert "not fitted" in texts(fig)
    assert fig.axes[5].get_title() == "no arms"


def test_chosen_shapes_are_counted():
    """The legend says how many of those who drew a shape agree."""
    legend = page().axes[3].get_legend()
    words = [t.get_text() for t in legend.get_texts()]
    assert words == ["disk 1/2", "bulge 1/1", "bar 1/1"]


def test_shapes_share_the_image_frame():
    """Overlays use pixel coordinates, row 0 at the bottom."""
    fig = page()
    for axes in fig.axes[:3]:
        assert axes.get_xlim() == (-0.5, 99.5)
        assert axes.get_ylim() == (-0.5, 89.5)
    ellipse = fig.axes[1].lines[0].get_xydata()
    assert ellipse.mean(axis=0) == pytest.approx([49.0, 44.0], abs=0.2)


def test_strokes_take_the_colour_of_their_arm():
    """Stroke (0, 0) belongs to arm 0, stroke (0, 1) to arm 1."""
    strokes = page().axes[4].collections[0]
    import matplotlib as mpl

    expected = [mpl.colors.to_rgb(c) for c in figures.ARM_COLOURS[:2]]
    assert np.allclose(strokes.get_colors()[:, :3], expected)


def test_compass_points_north_and_east():
    """With north turned by 30 degrees, the arrows turn with it."""
    labels = {t.get_text(): t.get_position() for t in page().axes[0].texts}
    north, east = np.array(labels["N"]), np.array(labels["E"])
    start = np.array([0.80 * 100, 0.78 * 90])
    turn = np.degrees(np.arctan2(*(north - start)[::-1]))
    assert turn == pytest.approx(120.0, abs=0.1)
    cross = np.linalg.det([north - start, east - start])
    assert cross > 0  # east is counter-clockwise of north on the sky


def test_scale_bar_is_a_round_number_of_arcsec():
    """The bar is as long as it says."""
    axes = page().axes[0]
    bar = next(line for line in axes.lines if len(line.get_xdata()) == 2)
    length = float(np.ptp(bar.get_xdata())) * 0.396
    assert length == pytest.approx(10.0)
    assert "10″" in [t.get_text() for t in axes.texts]
