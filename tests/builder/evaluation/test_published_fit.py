"""The published fit of a decoded file."""

import copy
import dataclasses

import pytest
from skyloom.builder.evaluation.published_fit import published_fit
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.model import ModelError

FLAT = {
    "disk.mux": 20.0, "disk.muy": 21.0, "disk.roll": 0.5, "disk.q": 0.7,
    "disk.Re": 10.0, "disk.L": 300.0, "centre.mux": 20.5, "centre.muy": 21.5,
    "bulge.roll": 0.1, "bulge.q": 0.8, "bulge.scale": 0.2, "bulge.n": 2.0,
    "bulge.frac": 0.25, "bar.roll": 1.0, "bar.q": 0.3, "bar.scale": 0.4, "bar.n": 0.7,
    "bar.c": 3.0, "bar.frac": 0.1,
    **{f"spiral.{k}.0": 1.0 for k in ("I", "spread", "A", "phi", "t_min", "t_max")},
    **{f"spiral.{k}.10": 3.0 for k in ("I", "spread", "A", "phi", "t_min", "t_max")},
    **{f"spiral.{k}.2": 2.0 for k in ("I", "spread", "A", "phi", "t_min", "t_max")},
}  # fmt: skip
TREE = {"tuning": {"fit_model": FLAT, "comp_sums": {"spiral": 60.0}}}


def changed(**changes):
    tree = copy.deepcopy(TREE)
    for key, value in changes.items():
        tree["tuning"]["fit_model"][key.replace("__", ".")] = value
    return tree


def test_light_is_as_it_was_rendered():
    """Each inner part's is a share of itself, disk and arms; no bar is boxy in it."""
    model = published_fit(TREE)
    assert total_flux(model.disk) == pytest.approx(300)
    assert total_flux(model.bulge) == pytest.approx(0.25 / 0.75 * 360)
    bar = dataclasses.replace(model.bar, c=2.0)
    assert total_flux(bar) == pytest.approx(0.1 / 0.9 * 360)
    assert model.bar.c == 3.0


def test_sizes_and_places():
    """Inner parts are measured in disks, and share a centre; arms keep their order."""
    model = published_fit(TREE)
    assert (model.bulge.Re, model.bar.Re) == (2.0, 4.0)
    assert (model.bar.mux, model.bulge.muy, model.disk.mux) == (20.5, 21.5, 20.0)
    assert [arm.A for arm in model.spiral] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"tuning": {}}, "no published fit"),
        (changed(disk__L=None), "disk.L: expected a number"),
        (changed(disk__q=0.0), "disk.q: expected more than 0"),
        (changed(bulge__scale="wide"), "bulge.scale: expected a number"),
        (changed(bar__frac=1.0), "bar.frac: expected 0 to 1"),
        (changed(spiral__A__0="x"), "expected a number"),
    ],
)
def test_what_cannot_be_a_fit_is_refused(tree, said):
    """With the variable, so that the galaxy is left out and no other."""
    with pytest.raises(ModelError, match=said):
        published_fit(tree)


def test_a_missing_variable_is_refused():
    """The error says which."""
    tree = copy.deepcopy(TREE)
    del tree["tuning"]["fit_model"]["disk.Re"], tree["tuning"]["fit_model"]["bar.c"]
    with pytest.raises(ModelError, match=r"disk\.Re"):
        published_fit(tree)
