"""Pitch angles against bulges, bars and winding, from the posterior's draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from skyloom.builder.analysis.morphology import (
    BULGE_SPLIT,
    bar_group,
    bulge_group,
    group_test,
    morphology_test,
    thinned,
    vote_table,
)
from skyloom.builder.analysis.winding import winding_power, winding_scan, winding_test
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
NO_GALAXY = "no galaxy has a pitch angle"
# Galaxy Zoo tables write unknown fractions as large negative numbers.
FRACTION = Column("float", required=False, empty=True, high=1.0)
VOTES = {
    "subject_id": Column("int", unique=True, low=1),
    **dict.fromkeys(("p_noticeable", "p_obvious", "p_dominant", "p_bar"), FRACTION),
}


def pitch_draws(path: str | Path) -> dict[str, np.ndarray]:
    """Read the draws of the pitch angles.

    Returns
    -------
    dict of str to ndarray
        ``galaxy`` (n_draws, n_galaxies) and ``arm`` (n_draws, n_arms) [deg];
        ``galaxy_id`` (n_galaxies,) and ``arm_galaxy_id`` (n_arms,).

    Raises
    ------
    DatumError
        If there is no galaxy.
    """
    arrays = read_npz(path, DRAWS)
    if not arrays["galaxy"].size:
        raise DatumError(NO_GALAXY)
    return arrays | {k: arrays[k].astype(float) for k in ("galaxy", "arm")}


def strengths(
    aggregates: Iterable[Mapping], tuned: Iterable[Mapping]
) -> dict[str, dict[int, float]]:
    """Return how strong bulge and bar are, by subject.

    Returns
    -------
    dict
        ``bulge``: the fitted bulge's part of the light; ``bar``: the part of the
        volunteers who drew a bar, which is what a vote for a bar is. Those whose
        bars agree are far fewer, and hardly ever half of all. Subjects of which it
        is unknown are left out.
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

    Parameters
    ----------
    path : path
        CSV with ``subject_id``, and the fractions ``p_bar`` and ``p_noticeable``,
        ``p_obvious``, ``p_dominant``, or the one or the others only.

    Raises
    ------
    InputError
        See `read_csv`.
    """
    table = vote_table(read_csv(path, VOTES)).set_index("subject_id")
    kinds = {"bulge_votes": "bulge_strength", "bar_votes": "bar_strength"}
    return {name: table[of].dropna().to_dict() for name, of in kinds.items()}


def morphology_tree(draws: Mapping, measures: Mapping, settings: Mapping) -> dict:
    """Test pitch angles against bulge and bar strength.

    Parameters
    ----------
    draws : mapping
        From `pitch_draws`.
    measures : mapping
        From `strengths`, and `vote_strengths` where there are votes.
    settings : mapping
        Config section ``morphology``, and ``seed``.

    Returns
    -------
    dict
        By measure, as `morphology_test` of the galaxies; and in
        ``anderson_darling_arms`` the k-sample test of their arms, each in the group
        of its galaxy, as published. Arms of one galaxy are alike, so that this test
        rejects too easily.
    """
    options = settings["morphology"]
    sizes = {key: options[key] for key in ("n_draws", "n_resamples")}
    groups = {
        "bulge": lambda values: bulge_group(values, options["bulge_split"]),
        "bulge_votes": lambda values: bulge_group(values, BULGE_SPLIT),
        "bar": lambda values: bar_group(values, options["bar_limits"]),
        "bar_votes": lambda values: bar_group(values, options["bar_limits"]),
    }
    tree = {}
    for name, measured in measures.items():
        galaxies, arms = (
            np.array([measured.get(g, np.nan) for g in draws[key].tolist()])
            for key in ("galaxy_id", "arm_galaxy_id")
        )
        chance, group = rng(settings["seed"], "morphology", name), groups[name]
        found = morphology_test(
            draws["galaxy"], galaxies, group(galaxies), chance, **sizes
        )
        some = thinned(draws["arm"], options["n_draws"], chance)
        tree[name] = found | {"anderson_darling_arms": group_test(some, group(arms))}
    return tree


def winding_tree(draws, settings: Mapping) -> dict:
    """Test uniform cot(phi) between the limits, and over other lower limits.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_galaxies)
        Pitch angles [deg].
    settings : mapping
        Config section ``winding``, and ``seed``.

    Returns
    -------
    dict
        The test; its ``power`` against pitch angles that are uniform; the ``scan``.
    """
    limits = settings["winding"]
    between = limits["lower"], limits["upper"]
    test, scan = winding_test(draws, *between), limits["scan"]
    chance = rng(settings["seed"], "winding")
    power = winding_power(round(test["n_galaxies"]), *between, chance)
    rows = winding_scan(draws, scan, limits["upper"]).to_dict("records")
    return test | {"power": power, "scan": rows}
