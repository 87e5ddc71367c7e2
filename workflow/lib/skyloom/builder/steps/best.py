"""One subject's best individual: whose drawing, as it stands, fits the image best."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.fitting.best import best_individual
from skyloom.builder.steps.cutouts import usable_cutout
from skyloom.io.documents import read_json, write_json
from skyloom.run.provenance import Recipe

EMPTY = {"classification_id": None, "chisq": None, "n_volunteers": 0, "model": None}


def best_of_subject(
    subject: int,
    paths: Mapping[str, Path],
    *,
    volunteers: Mapping[int, str],
    cutouts: Mapping[int, str],
    recipe: Recipe,
) -> dict:
    """Render every volunteer's model of a subject and write the best one's row.

    Parameters
    ----------
    subject : int
        Its id.
    paths : mapping
        Where to write ``row``.
    volunteers, cutouts : mapping of int to path
        Volunteers trees and cutouts.
    recipe : Recipe
        Of the rule; recorded.

    Raises
    ------
    DatumError
        If there is no image, or nobody drew anything.
    """
    used = [volunteers[subject], cutouts[subject]]
    row = best_individual(
        read_json(volunteers[subject]), usable_cutout(cutouts[subject])
    )
    write_json(paths["row"], row | {"provenance": recipe.record(used)})
    return {"status": row["status"], "reason": row["reason"]}


def failed_best(
    subject: int,
    reason: str,
    paths: Mapping[str, Path],
    *,
    recipe: Recipe,
) -> dict:
    """Write the row of a subject that has no best individual, and why."""
    row = {"subject_id": subject, "status": "failed", "reason": reason} | EMPTY
    write_json(paths["row"], row | {"provenance": recipe.record()})
    return {"status": "failed", "reason": reason}
