"""Pictures of maps."""

import numpy as np
from matplotlib.colors import to_rgba
from skyloom.plots import style
from skyloom.som import figures
from skyloom.som.model import Som

SOM = Som(np.random.default_rng(1).normal(size=(4, 6, 3)).astype(np.float32), "torus")
COUNTS = np.arange(24).reshape(4, 6)


def drawn(fig, tmp_path):
    style.save(fig, tmp_path / "f.png", dpi=40)
    return (tmp_path / "f.png").stat().st_size > 100


def test_overview_counts_rows_and_empty_units(tmp_path):
    """Empty units are masked, not shown as few."""
    fig = figures.overview(SOM, COUNTS)
    assert fig.axes[1].get_title() == "276 rows, 1 of 24 units empty"
    assert fig.axes[1].images[0].get_array().mask.sum() == 1
    assert drawn(fig, tmp_path)


def test_overview_of_an_empty_map(tmp_path):
    """No rows at all still give a figure."""
    assert drawn(figures.overview(SOM, np.zeros((4, 6), int)), tmp_path)


def test_discs_have_the_colour_of_the_most_frequent_kind(tmp_path):
    """Area is the number of rows; a unit without rows has no disc."""
    stars, quasars = np.zeros((2, 4, 6), int)
    stars[0, 0], quasars[0, 0], quasars[3, 5] = 3, 1, 16
    fig = figures.hit_map(SOM, {"star": stars, "quasar": quasars})
    discs = fig.axes[0].collections[0]
    assert discs.get_offsets().tolist() == [[0, 0], [5, 3]]
    sizes = discs.get_widths()
    assert np.isclose(sizes[1] / sizes[0], 2)
    assert [tuple(c) for c in discs.get_facecolors()] == [
        to_rgba(c) for c in style.CYCLE[:2]
    ]
    assert drawn(fig, tmp_path)


def test_frame_of_a_torus_is_dashed():
    """A sheet has plain edges."""
    dashes = []
    for topology in ("torus", "sheet"):
        fig = figures.overview(Som(SOM.weights, topology), COUNTS)
        dashes.append(fig.axes[0].spines["top"].get_linestyle())
    assert dashes[0] != dashes[1]
