"""Files of maps: the same map again, whatever its codec, or a refusal."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.som.model import Som
from skyloom.spectra.mapping.codecs import Identity, Principal
from skyloom.spectra.mapping.files import read_plain, write_map
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.grid import RestGrid

GRID = RestGrid(3600.0, 1e-3, 48)


def a_map(kind="pca_som"):
    """Return a map of 2 x 3 units, of spectra or of four components."""
    lot = np.random.default_rng(5)
    axes = np.linalg.qr(lot.normal(size=(48, 4)))[0].T.astype("f4")
    mean = lot.normal(size=48).astype("f4")
    codec = Principal(mean, axes) if kind == "pca_som" else Identity()
    width = 4 if kind == "pca_som" else 48
    som = Som(lot.normal(size=(2, 3, width)).astype("f4"), "sheet")
    return SpectralMap(kind, codec, som, GRID, "median", mean, {"seed": 1})


@pytest.mark.parametrize("kind", ["pca_som", "som"])
def test_a_map_is_the_same_again(kind, tmp_path):
    made = a_map(kind)
    write_map(tmp_path / "one.npz", made)
    found = read_plain(tmp_path / "one.npz")
    assert (found.kind, found.scaled, found.grid) == (kind, "median", GRID)
    assert found.about == {"seed": 1}
    assert found.digest == made.digest
    flux = np.random.default_rng(1).normal(size=(9, 48)).astype("f4")
    ivar = np.ones_like(flux)
    ivar[3, 10:20] = 0
    for one, other in zip(made.place(flux, ivar), found.place(flux, ivar), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(found.prototypes(), made.prototypes())
    write_map(tmp_path / "two.npz", found)
    one, two = (tmp_path / f"{n}.npz" for n in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_another_map_has_another_digest():
    made = a_map()
    weights = np.array(made.som.weights)
    weights[0, 0, 0] += 1e-6
    changes = {
        "som": Som(weights, "sheet"),
        "grid": RestGrid(3600.1, 1e-3, 48),
        "scaled": "zscore",
    }
    facts = {k: getattr(made, k) for k in made.__dataclass_fields__}
    others = {SpectralMap(**(facts | {k: v})).digest for k, v in changes.items()}
    assert len(others | {made.digest}) == 4


def _facts(**change):
    def harm(arrays):
        facts = json.loads(str(arrays["about"])) | change
        return arrays | {"about": np.array(json.dumps(facts))}

    return harm


def _array(name, change):
    return lambda arrays: arrays | {name: change(arrays[name])}


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda arrays: {"weights": arrays["weights"]}, "missing array"),
        (_array("about", lambda a: np.array("no JSON")), "not a map of spectra"),
        (_array("about", lambda a: np.array("{}")), "not a map of spectra"),
        (_array("weights", lambda a: a * np.nan), "not a map of spectra"),
        (_array("weights", lambda a: a[0]), r"shape \(3, 4\)"),
        (_array("weights", lambda a: a[..., :3]), "not a map of spectra.*latent"),
        (_array("axes", lambda a: a[:, :40]), "not a map of spectra.*pixels"),
        (_array("mean", lambda a: a[:40]), "not a map of spectra.*pixels"),
        (_array("mean", lambda a: a * np.nan), "not a map of spectra.*not finite"),
        (_array("centre", lambda a: a[:40]), "not a map of spectra.*pixels"),
        (_facts(scaled="minmax"), "not a map of spectra.*minmax"),
        (_facts(grid={"start": 1.0, "step": 0, "pixels": 48}), "not a map of spectra"),
        (_facts(grid={"start": 1, "step": 1e-4, "pixels": np.inf}), "infinity"),
        (_facts(topology="cube"), "not a map of spectra"),
    ],
)
def test_what_is_no_map_is_refused(harm, says, tmp_path):
    path = tmp_path / "map.npz"
    write_map(path, a_map())
    write_npz(path, **harm(read_npz(path)))
    with pytest.raises(InputError, match=says):
        read_plain(path)
