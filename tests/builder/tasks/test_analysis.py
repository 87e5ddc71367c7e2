"""The analysis of a run on trees small enough to check by hand."""

from __future__ import annotations

import invented_galaxy
import numpy as np
import pandas as pd
import pytest
from skyloom.builder.products.catalogue import catalogue
from skyloom.builder.products.subject import Subject
from skyloom.builder.tasks.aggregates import agreement_tree
from skyloom.builder.tasks.analysis import (
    frequencies_tree,
    published_tree,
    repeatability_tree,
    residuals_tree,
)
from skyloom.builder.tasks.tables import read_catalogue
from skyloom.io.catalogues import write_catalogue
from skyloom.io.fits import write_images

DISK = {"mux": 1.0, "muy": 2.0, "roll": 0.1, "q": 0.5, "Re": 9.0, "I": 1.0}


def model(bulge=None, arms=()) -> dict:
    return {"disk": DISK, "bulge": bulge, "bar": None, "spiral": list(arms)}


def test_frequencies_by_stage():
    """Failed aggregates and fits do not count."""
    volunteers = [{"volunteers": [{"model": model()}, {"model": model(bulge=DISK)}]}]
    aggregates = [
        {"status": "ok", "model": model(bulge=DISK)},
        {"status": "failed", "model": model()},
    ]
    tree = frequencies_tree(volunteers, aggregates, [{"model": None}])
    assert tree["drawn"]["bulge"]["value"] == 0.5
    assert tree["agreed"]["bulge"]["value"] == 1.0
    assert tree["fitted"]["bulge"]["n"] == 0


def stored_catalogue(path, fits) -> pd.DataFrame:
    """Return the catalogue of these fits, written and read again; ids from 1."""
    crowd = invented_galaxy.aggregate()
    rows = [
        Subject(
            i,
            aggregate=crowd,
            tuned={"agg": one},
            fit=invented_galaxy.chosen(one) if one["model"] else one,
        )
        for i, one in enumerate(fits, start=1)
    ]
    write_catalogue(path / "catalogue.fits", catalogue(rows))
    return read_catalogue(path / "catalogue.fits")


def published_rows(ids) -> pd.DataFrame:
    """Return rows as published, each with all components."""
    names = ["pogson_magnitude", "disk_q", "bulge_q", "bulge_n", "bar_q", "chisq"]
    names += ["bulge_Re_err", "bar_Re_err", "n_spirals"]
    names += [f"{part}_fraction" for part in ("bulge", "bar", "spiral")]
    table = pd.DataFrame({"galaxy_builder_id": ids} | dict.fromkeys(names, 0.2))
    return table.assign(flux=100.0, bar_c=2.0, disk_Re=10.0)


def test_published_comparison_leaves_out_what_has_no_fit(tmp_path):
    """A galaxy without a fit is no galaxy without a bar."""
    tuned = invented_galaxy.tuned()
    ours = stored_catalogue(tmp_path, [tuned, invented_galaxy.failed(), tuned, tuned])
    tree = published_tree(ours, published_rows([1, 2, 3, 4, 5]))
    assert tree["n"] == 3
    bar = tree["presence"]["bar"]
    assert (bar["both"], bar["first_only"]) == (3, 0)
    found = tree["parameters"]["disk_Re_arcsec"]
    assert (found["n"], found["median"]) == (3, pytest.approx((16 - 10) * 0.396))
    mag = 22.5 - 2.5 * np.log10(100 * 2.5)
    expected = ours["mag"][0] - mag
    assert tree["parameters"]["mag"]["median"] == pytest.approx(expected)


def test_repeats_are_compared_by_whether_their_components_are_the_same(tmp_path):
    """Only pairs of fits count; with a lost bar or arm the set is another."""
    tuned, flux = invented_galaxy.tuned(), {"disk": 400.0, "bulge": 30.0}
    model, spread = tuned["model"], np.diag([4.0, 1.0, 9.0]).tolist()
    no_bar = invented_galaxy.tuned(
        model=model | {"bar": None},
        flux=flux | {"spiral": 50.0},
        flux_covariance=spread,
        n_free=24,
    )
    one_arm = invented_galaxy.tuned(
        model=model | {"spiral": model["spiral"][:1]}, n_free=18
    )
    fits = [tuned] * 3 + [invented_galaxy.failed(), tuned, no_bar, one_arm, tuned]
    ours = stored_catalogue(tmp_path, fits)
    pairs = [[1, 2], [2, 3], [5, 8], [1, 4], [5, 6], [5, 7], [5, 99]]
    found = repeatability_tree(ours, pairs)
    assert found["n_pairs"] == 5
    assert found["same_components"]["n_pairs"] == 3
    assert found["different_components"]["n_pairs"] == 2
    assert found["same_components"]["parameters"]["disk_q"]["n"] == 3
    assert found["same_components"]["parameters"]["disk_q"]["median"] == 0
    assert found["presence"]["bar"]["first_only"] == 1
    assert found["parameters"]["disk_Re_arcsec"]["n"] == 5


def test_agreement_is_of_the_subjects_with_an_aggregate():
    """Equal disks are alike; a failed subject does not count."""
    alike = invented_galaxy.volunteers()
    alike["volunteers"] = [alike["volunteers"][0]] * 3
    for i, one in enumerate(alike["volunteers"]):
        alike["volunteers"][i] = one | {"classification_id": i}
    masks = {name: [True, True, False] for name in ("disk", "bulge", "bar")}
    agreed = [invented_galaxy.aggregate(masks=masks), {"status": "failed"}]
    tree = agreement_tree([alike, {"volunteers": []}], agreed)
    assert set(tree) == {"disk", "bulge", "bar"}
    for found in tree.values():
        assert found["presence"]["n_subjects"] == 1
        assert found["similarity"]["median"] == pytest.approx(1.0)
        assert found["member_share"] == pytest.approx(2 / 3)


def test_residuals_are_summed_up_by_start_and_over_images(tmp_path):
    """Failed fits count in the status alone; images are those that there are."""
    rng, paths = np.random.default_rng(1), []
    for i in range(3):
        image = rng.normal(size=(30, 30))
        image[:2] = np.nan
        paths.append(tmp_path / f"{i}.fits")
        write_images(paths[-1], {"RESIDUAL": (image, {})}, {})
    good, bad = invented_galaxy.tuned(), invented_galaxy.failed()
    mean = {"names": ["disk.Re"], "prior_shares": [0.25]}
    models = [good | {"mean": mean}, bad | {"mean": None}]
    fits = {"agg": [good, good, bad], "bi": [bad], "models": models}
    tree = residuals_tree(fits, paths)
    assert tree["prior_shares"]["disk.Re"]["quantiles"]["q50"] == 0.25
    assert (tree["agg"]["n"], tree["agg"]["quantiles"]["q50"]) == (2, 1.2)
    assert tree["agg"]["status"] == {"converged": 2, "failed": 1}
    assert tree["bi"]["quantiles"] is None
    assert tree["images"]["n"] == 3
    assert tree["images"]["sd"]["q50"] == pytest.approx(1, abs=0.1)
