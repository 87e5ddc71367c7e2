"""Pitch angles against bulge and bar: what is measured of these, and the tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from skyloom.builder.config import Morphology
from skyloom.builder.pitch.morphology import (
    bar_group,
    bulge_group,
    bulge_strength,
    group_test,
    morphology_test,
    thinned,
)
from skyloom.io.errors import DatumError
from skyloom.io.tables import Column, read_csv
from skyloom.run.seeds import rng

FITTED_BULGE = 0.1  # part of the light that divides disk from bulge galaxies
# Galaxy Zoo tables write unknown fractions as large negative numbers.
FRACTION = Column("float", required=False, empty=True, high=1.0)
BULGES = ("p_noticeable", "p_obvious", "p_dominant")
VOTES = dict.fromkeys((*BULGES, "p_bar"), FRACTION)
VOTES |= {"subject_id": Column("int", unique=True, low=1)}


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
    ``p_obvious``, ``p_dominant``, or the one or the others only; negative ones mean
    unknown.
    """
    table = read_csv(path, VOTES).set_index("subject_id")
    votes = table.reindex(columns=[*BULGES, "p_bar"])
    votes = votes.where(votes >= 0)
    bulge = bulge_strength(*(votes[name] for name in BULGES))
    found = {"bulge_votes": bulge, "bar_votes": votes["p_bar"]}
    return {name: column.dropna().to_dict() for name, column in found.items()}


def morphology_tree(
    draws: Mapping, measures: Mapping, settings: Morphology, seed: int
) -> dict:
    """Test pitch angles against bulge and bar strength, measure by measure.

    `draws` are the arrays of ``draws.npz``. As `morphology_test` of the galaxies; and
    in ``anderson_darling_arms`` the k-sample test of their arms, each in the group of
    its galaxy, as published. Arms of one galaxy are alike, so that this test rejects
    too easily.

    Raises
    ------
    DatumError
        If there is no galaxy.
    """
    if not draws["galaxy"].size:
        msg = "no galaxy has a pitch angle"
        raise DatumError(msg)
    pitch = {kind: draws[kind].astype(float) for kind in ("galaxy", "arm")}
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
        tests = pitch["galaxy"], galaxies, group(galaxies), own
        found = morphology_test(*tests, **sizes)
        some = thinned(pitch["arm"], settings.n_draws, own)
        tree[name] = found | {"anderson_darling_arms": group_test(some, group(arms))}
    return tree
