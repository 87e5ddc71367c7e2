"""Tests of the draws of pitch angles: against bulge and bar, and of winding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from skyloom.builder.config import Morphology, Winding
from skyloom.builder.pitch.morphology import (
    bar_group,
    bulge_group,
    group_test,
    morphology_test,
    thinned,
    vote_table,
)
from skyloom.builder.pitch.winding import winding_power, winding_scan, winding_test
from skyloom.io.errors import DatumError
from skyloom.io.npz import read_npz
from skyloom.io.tables import Column, read_csv
from skyloom.run.seeds import rng

DRAWS = {
    "galaxy": ("f", 2),
    "galaxy_id": ("iu", 1),
    "arm": ("f", 2),
    "arm_galaxy_id": ("iu", 1),
}
FITTED_BULGE = 0.1  # part of the light that divides disk from bulge galaxies
LOWER_LIMITS = (5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0)  # of the scan [deg]
# Galaxy Zoo tables write unknown fractions as large negative numbers.
FRACTION = Column("float", required=False, empty=True, high=1.0)
VOTES = {
    "subject_id": Column("int", unique=True, low=1),
    **dict.fromkeys(("p_noticeable", "p_obvious", "p_dominant", "p_bar"), FRACTION),
}


def pitch_draws(path: str | Path) -> dict[str, np.ndarray]:
    """Read the draws of the pitch angles of galaxies and arms [deg], and their ids.

    Raises
    ------
    DatumError
        If there is no galaxy.
    """
    arrays = read_npz(path, DRAWS)
    if not arrays["galaxy"].size:
        msg = "no galaxy has a pitch angle"
        raise DatumError(msg)
    return arrays | {k: arrays[k].astype(float) for k in ("galaxy", "arm")}


def strengths(
    aggregates: Iterable[Mapping], tuned: Iterable[Mapping]
) -> dict[str, dict[int, float]]:
    """Return how strong bulge and bar are, by subject, where that is known.

    ``bulge`` is the fitted bulge's part of the light; ``bar`` the part of the
    volunteers who drew a bar, which is what a vote for a bar is. Those whose bars
    agree are far fewer, and hardly ever half of all.
    """
    fluxes = {tree["subject_id"]: tree["flux"] for tree in tuned}
    asked = [tree for tree in aggregates if tree["status"] == "ok"]
    return {
        "bulge": {
            subject: flux.get("bulge", 0.0) / sum(flux.values())
            for subject, flux in fluxes.items()
            if sum(flux.values()) > 0
        },
        "bar": {
            tree["subject_id"]: tree["drawn"]["bar"] / tree["considered"]
            for tree in asked
        },
    }


def vote_strengths(path: str | Path) -> dict[str, dict[int, float]]:
    """Return ``bulge_votes`` and ``bar_votes`` by subject from a table of votes.

    The CSV has ``subject_id``, and the fractions ``p_bar`` and ``p_noticeable``,
    ``p_obvious``, ``p_dominant``, or the one or the others only.
    """
    table = vote_table(read_csv(path, VOTES)).set_index("subject_id")
    kinds = {"bulge_votes": "bulge_strength", "bar_votes": "bar_strength"}
    return {name: table[of].dropna().to_dict() for name, of in kinds.items()}


def morphology_tree(
    draws: Mapping, measures: Mapping, settings: Morphology, seed: int
) -> dict:
    """Test pitch angles against bulge and bar strength, measure by measure.

    As `morphology_test` of the galaxies; and in ``anderson_darling_arms`` the k-sample
    test of their arms, each in the group of its galaxy, as published. Arms of one
    galaxy are alike, so that this test rejects too easily.
    """
    sizes = {"n_draws": settings.n_draws, "n_resamples": settings.n_resamples}
    groups = {
        "bulge": partial(bulge_group, split=FITTED_BULGE),
        "bulge_votes": bulge_group,
        "bar": bar_group,
        "bar_votes": bar_group,
    }
    tree = {}
    for name, measured in measures.items():
        galaxies, arms = (
            np.array([measured.get(g, np.nan) for g in draws[key].tolist()])
            for key in ("galaxy_id", "arm_galaxy_id")
        )
        own, group = rng(seed, "morphology", name), groups[name]
        found = morphology_test(
            draws["galaxy"], galaxies, group(galaxies), own, **sizes
        )
        some = thinned(draws["arm"], settings.n_draws, own)
        tree[name] = found | {"anderson_darling_arms": group_test(some, group(arms))}
    return tree


def winding_tree(draws: np.ndarray, settings: Winding, seed: int) -> dict:
    """Test uniform cot(phi) of draws (n_draws, n_galaxies) [deg] between the limits.

    With its ``power`` against uniform pitch angles, and the ``scan`` over other lower
    limits.
    """
    lower, upper = settings.lower, settings.upper
    test = winding_test(draws, lower, upper)
    own = rng(seed, "winding")
    power = winding_power(round(test["n_galaxies"]), lower, upper, own)
    scan = [limit for limit in LOWER_LIMITS if limit < upper]
    rows = winding_scan(draws, scan, upper).to_dict("records")
    return test | {"power": power, "scan": rows}
