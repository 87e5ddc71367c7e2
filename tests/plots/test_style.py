"""The one plot style."""

import matplotlib as mpl
import numpy as np
import pytest
from skyloom.plots import style
from skyloom.plots.images import image_panel, residual_panel


@style.styled
def draw():
    fig = style.figure(2.0, 1.5)
    axes = fig.subplots(1, 2)
    rng = np.random.default_rng(1)
    image = rng.normal(0.5, 0.2, (12, 10))
    mask = np.zeros((12, 10), bool)
    mask[3:5, 2:4] = True
    image_panel(axes[0], image, white=1.0, mask=mask)
    style.note(axes[0], "text")
    residual_panel(axes[1], image - 0.5)
    return fig


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_same_figure_same_bytes(tmp_path, suffix):
    """No date, random id or version enters a file."""
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    for path in (first, second):
        style.save(draw(), path, dpi=60, note='{"code": "c0de"}')
    assert first.read_bytes() == second.read_bytes()
    assert b"Date" not in first.read_bytes()
    assert b"c0de" in first.read_bytes()


def test_save_writes_all_formats_and_nothing_else(tmp_path):
    """One call writes vector and raster; no temporary file stays."""
    style.save(draw(), tmp_path / "f.pdf", tmp_path / "f.png", dpi=50)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.pdf", "f.png"]


def test_unknown_suffix_is_refused_before_anything_is_written(tmp_path):
    """A wrong suffix names the right ones, and leaves no file."""
    with pytest.raises(ValueError, match=r"ends in \.png, \.pdf$"):
        style.save(draw(), tmp_path / "f.png", tmp_path / "f.jpg")
    assert not list(tmp_path.iterdir())


def test_global_state_is_untouched():
    """Drawing leaves matplotlib's settings as they were."""
    before = dict(mpl.rcParams)
    draw()
    assert dict(mpl.rcParams) == before


def test_image_row_zero_is_at_the_bottom():
    """Images are shown with the origin below, as astronomers do."""
    image = draw().axes[0].get_images()[0]
    assert image.origin == "lower"


def test_colours_differ_for_deuteranopes():
    """No two component colours coincide when red and green are confused."""
    # Viénot, Brettel & Mollon 1999, Color Res. Appl. 24, 243: deuteranope, linear RGB.
    blind = np.array(
        [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]
    )
    rgb = np.array([mpl.colors.to_rgb(c) for c in style.CYCLE[:5]]) ** 2.2
    seen = np.clip(rgb @ blind.T, 0, 1) ** (1 / 2.2)
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    assert distance[np.triu_indices(5, 1)].min() > 0.1


@pytest.mark.parametrize("limits", [(1.0, 9.0), (1.1, 1.4), (2.0, 4.4), (9.0, 1.0)])
def test_a_logarithmic_axis_has_two_ticks(limits):
    """Those that were asked for, or round numbers where they are out of view."""
    axes = style.figure(2.0, 1.5).subplots()
    axes.set(xscale="log", xlim=limits)
    style.log_ticks(axes.xaxis, [1, 2, 5, 10])
    low, high = sorted(limits)
    seen = [t for t in axes.get_xticks() if low <= t <= high]
    assert len(seen) >= 2
    assert low > 1 or seen == [1, 2, 5]


@pytest.mark.parametrize("name", ["$x^$", "a$b$c", "$\\frac$", "5 $", "plain", "$$"])
def test_words_of_a_user_are_shown_as_they_are(name):
    """No formula is seen in them, nor an error made."""
    sizes = []
    for text, how in ((style.words(name), {}), (name, {"parse_math": False})):
        fig = style.figure(2.0, 1.0)
        drawn = fig.text(0.1, 0.5, text, **how)
        fig.draw_without_rendering()
        sizes.append(drawn.get_window_extent().width)
    assert sizes[0] == sizes[1]
