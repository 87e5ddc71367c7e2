"""The page of one galaxy."""

import dataclasses

import invented_galaxy
import numpy as np
import pytest
from skyloom.builder.fitting.render import render_components
from skyloom.builder.images.cutout import make_cutout
from skyloom.builder.model import to_dict
from skyloom.builder.products import figures
from skyloom.plots import style
from skyloom.plots.images import asinh_stretch, white_level

PARTS = render_components(invented_galaxy.MODEL, invented_galaxy.SHAPE)
NOISE = np.random.default_rng(2).normal(0, 1, invented_galaxy.SHAPE)
PLANES = {k.upper(): image for k, image in PARTS.items()}
PLANES |= {"MODEL": sum(PARTS.values()), "RESIDUAL": NOISE}


def cutout(**changes):
    made = make_cutout(
        "x", 7, image=PLANES["MODEL"] + 0.01 * NOISE, multiplier=2.5,
        mask=np.zeros(invented_galaxy.SHAPE), psf=np.ones((1, 1)),
        sigma=np.full(invented_galaxy.SHAPE, 0.01), metadata={"IAUNAME": "b'J1+2'"},
    )  # fmt: skip
    cards = invented_galaxy.wcs().to_header().items()
    return dataclasses.replace(made, header=dict(cards), **changes)


def arm(**changes):
    known = {
        "crowd": 0, "pitch_angle": 18.0, "pitch_angle_err": 1.2,
        "pitch_angle_crowd": 21.0, "pitch_angle_fit": 17.8, "flags": [],
        "chirality": 1,
    }  # fmt: skip
    return known | changes


def chosen(**changes):
    everything = ["disk", "bulge", "bar", "spiral"]
    tree = {
        "components": everything,
        "probability": {"bulge": 0.93, "bar": 0.6, "spiral": 1.0},
        "arms": [arm(), arm(crowd=1, flags=["off_arm"])],
        "sets": [
            {"components": ["disk", "spiral"], "n_arms": 1, "weight": 0.17},
            {"components": everything, "n_arms": 2, "weight": 0.83},
        ],
    }
    return invented_galaxy.tuned() | tree | changes


def failed(why):
    none = {"components": [], "probability": {}, "arms": [], "sets": []}
    return invented_galaxy.failed(why) | none


def page(shown=None, fit=None, planes=PLANES, **changes):
    values = {
        "volunteers": invented_galaxy.volunteers(),
        "aggregate": invented_galaxy.aggregate(),
        "fit": fit or chosen(),
    } | changes
    return figures.galaxy(shown, planes=planes, **values)


def texts(fig):
    return " ".join(t.get_text() for axes in fig.axes for t in axes.texts)


def test_full_page(tmp_path):
    """Eight panels, saved to the same bytes twice."""
    fig = page(cutout())
    titles = [axes.get_title() for axes in fig.axes[:8]]
    assert titles == [
        "image",
        "model",
        "residual",
        "radial profile",
        "drawn shapes",
        "2 strokes; arms: 2 agreed, 2 fitted",
        "probability of the components",
        "pitch angles in the catalogue",
    ]
    style.save(fig, tmp_path / "a.png", dpi=60)
    style.save(page(cutout()), tmp_path / "b.png", dpi=60)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_no_text_leaves_the_page_or_covers_another_panel():
    """A title is as long as names are; labels keep to the paper."""
    fig = page(cutout())
    fig.canvas.draw()
    for axes in fig.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= fig.bbox.x1
        assert box.y1 <= fig._suptitle.get_window_extent().y0


def test_the_title_says_what_the_galaxy_is_made_of():
    """Its chosen set with the weight of that set, in words."""
    said = page(cutout()).get_suptitle()
    assert said.startswith("subject 7 · SDSS J1+2 · ")
    assert "disk + bulge + bar + 2 arms (weight 0.83) · reduced" in said
    assert said.endswith("1.20")
    doubtful = page(cutout(), chosen(status="not_converged"))
    assert doubtful.get_suptitle().endswith("1.20 · not converged")


def test_failed_fit_says_why():
    """Without a model its panels hold the reason, the others are drawn."""
    fig = page(cutout(), failed("too few pixels"), None)
    assert texts(fig).count("no fit: too few pixels") == 4
    assert fig.get_suptitle().endswith("no model")
    assert fig.axes[7].get_title() == "arms of the crowd"


def test_no_image_says_why():
    """The reason is the cutout's, such as a PSF that was refused."""
    fig = page(None, failed("psf refused"), None, reason="psf: values down to -12 %")
    assert "no image: psf: values down to -12 %" in texts(fig)


def test_subject_without_image_and_crowd():
    """No image, no aggregate: a page all the same."""
    nothing = invented_galaxy.aggregate(
        status="failed", reason="no cluster", model=None, arms=[], masks={}
    )
    fig = page(None, failed("no cluster"), None, aggregate=nothing)
    assert fig.axes[7].get_title() == "no arms"


def test_chosen_shapes_are_counted():
    """The legend says how many of those who drew a shape agree, and what lines are."""
    legend = page(cutout()).axes[4].get_legend()
    words = [t.get_text() for t in legend.get_texts()]
    assert words == ["disk 1/2", "bulge 1/1", "bar 1/1", "crowd", "fit"]


def test_shapes_share_the_image_frame():
    """Overlays use pixel coordinates, row 0 at the bottom."""
    fig = page(cutout())
    for axes in fig.axes[:3]:
        assert axes.get_xlim() == (-0.5, 99.5)
        assert axes.get_ylim() == (-0.5, 89.5)
    ellipse = fig.axes[1].lines[0].get_xydata()
    assert ellipse.mean(axis=0) == pytest.approx([49.0, 44.0], abs=0.2)


def test_crowd_and_fit_are_in_one_frame():
    """The crowd's shapes are dashed, those of the fit solid, each where it lies."""
    moved = dataclasses.replace(invented_galaxy.DISK, mux=59.0)
    model = to_dict(dataclasses.replace(invented_galaxy.MODEL, disk=moved))
    lines = page(cutout(), chosen(model=model)).axes[4].lines[:2]
    middles = [line.get_xydata().mean(axis=0)[0] for line in lines]
    assert middles == pytest.approx([49.0, 59.0], abs=0.2)
    assert [line.get_linestyle() for line in lines] == ["--", "-"]


@pytest.mark.parametrize("multiplier", [1.0, 2.5])
def test_the_greys_have_magnitudes(multiplier):
    """A tick lies where its surface brightness is drawn, "sky" where there is none."""
    fig = page(cutout(multiplier=multiplier))
    (bar,) = fig.axes[0].child_axes
    ticks = dict(
        zip(
            (t.get_text() for t in bar.get_xticklabels()), bar.get_xticks(), strict=True
        )
    )
    assert ticks.pop("sky") == 0
    assert ticks
    white = white_level(cutout().image)
    for mag, place in ticks.items():
        flux = 10 ** (0.4 * (22.5 - float(mag))) * 0.396**2 / multiplier
        assert place == pytest.approx(asinh_stretch(flux, white), abs=1e-6)


def test_probabilities_and_weights_are_listed():
    """Components in their order, sets by weight, the chosen one in bold."""
    texts = page(cutout()).axes[6].texts
    words = [" ".join(t.get_text().split()) for t in texts]
    assert words == [
        "bulge 0.93",
        "bar 0.60",
        "arms 1.00",
        "weight of each fitted set",
        "0.83 disk + bulge + bar + 2 arms",
        "0.17 disk + 1 arm",
    ]
    assert [t.get_fontweight() for t in texts[-2:]] == ["bold", "normal"]


def test_compass_points_north_and_east():
    """With north turned by 30 degrees, the arrows turn with it."""
    labels = {t.get_text(): t.get_position() for t in page(cutout()).axes[0].texts}
    north, east = np.array(labels["N"]), np.array(labels["E"])
    start = np.array([0.80 * 100, 0.78 * 90]) - 0.5  # of the frame, at half a pixel
    turn = np.degrees(np.arctan2(*(north - start)[::-1]))
    assert turn == pytest.approx(120.0, abs=0.1)
    cross = np.linalg.det([north - start, east - start])
    assert cross > 0  # east is counter-clockwise of north on the sky


def test_scale_bar_is_a_round_number_of_arcsec():
    """The bar is as long as it says."""
    axes = page(cutout()).axes[0]
    bar = next(line for line in axes.lines if len(line.get_xdata()) == 2)
    length = float(np.ptp(bar.get_xdata())) * 0.396
    assert length == pytest.approx(10.0)
    assert "10″" in [t.get_text() for t in axes.texts]
