"""Where the crowd's parameters come from: the published volunteers' drawings.

They are fitted to the half of the galaxies that `fit.in_fit_half` chooses; the other
half is for tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from published_models import published_aggregate, published_arms
from skyloom.builder.drawings.upstream import (
    frame_shape,
    read_upstream,
    volunteers_tree,
)
from skyloom.builder.model import SpiralArm, from_dict, replace
from skyloom.builder.simulation.crowd import Seen

from crowd_table.calibrate import calibrate
from crowd_table.fit import Subject, fit_crowd, in_fit_half

SOURCE = (
    "Drawings, aggregates and arms published with Lingard et al. 2020, ApJ 900, 178; "
    "moments and quantiles over the half of the galaxies "
    "whose sha256 is even; sliders of scale and spread from raw classifications of "
    "subject 40216827"
)


def published_subject(tree: Mapping) -> Subject:
    """Return a published galaxy as its crowd saw it, and what each volunteer drew.

    Parameters
    ----------
    tree : mapping
        From `upstream.read_upstream`.
    """
    arms = tuple(_seen_arm(arm) for arm in published_arms(tree))
    model = replace(published_aggregate(tree), spiral=arms)
    volunteers = volunteers_tree(tree)["volunteers"]
    drawn = [from_dict(one["model"]) for one in volunteers]
    return Seen(model, float(frame_shape(tree)[1])), drawn


def _seen_arm(arm: Mapping) -> SpiralArm:
    """Return the arm's path; a drawing does not depend on its light."""
    phi = arm["pitch_angle"] * arm["chirality"]
    ends = {k: arm[k] for k in ("A", "t_min", "t_max")}
    return SpiralArm(I=1.0, spread=1.0, phi=phi, **ends)


def split_published(
    models: Path, duplicates: Path
) -> tuple[list[Subject], list[Subject]]:
    """Read the published subjects in two halves: to fit, and to test.

    Parameters
    ----------
    models : Path
        Folder of ``<id>.json.gz``.
    duplicates : Path
        CSV of subjects that show the same galaxy, columns ``0`` and ``1``.

    Returns
    -------
    fit, test : list of (Seen, list of Model)
        Sorted by subject; both subjects of a galaxy are on the same side. Subjects
        whose crowd agreed on no disk are left out.
    """
    galaxy = _galaxies(duplicates)
    halves: tuple[list, list] = ([], [])
    for path in sorted(models.glob("*.json.gz")):
        tree = read_upstream(path)
        subject = published_subject(tree)
        if subject[0].model.disk is None:
            continue
        name = int(tree["subject"])
        halves[0 if in_fit_half(galaxy.get(name, name)) else 1].append(subject)
    return halves


def _galaxies(duplicates: Path) -> dict[int, int]:
    pairs = pd.read_csv(duplicates)[["0", "1"]].dropna().astype(int)
    return {b: a for a, b in pairs.itertuples(index=False)}


def fit_published(subjects: Iterable[Subject]) -> dict:
    """Fit the crowd and add where its parameters come from."""
    subjects = list(subjects)
    return {"source": SOURCE} | calibrate(fit_crowd(subjects), subjects)
