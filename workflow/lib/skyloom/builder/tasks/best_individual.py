"""One subject's best individual: whose drawing, as it stands, fits the image best."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.fitting.best import best_individual
from skyloom.builder.images.cutout_files import usable_cutout
from skyloom.io.documents import read_json, write_json
from skyloom.run.provenance import Recipe

EMPTY = {"classification_id": None, "chisq": None, "n_volunteers": 0, "model": None}


def find_best(
    subject: int,
    paths: Mapping[str, Path],
    *,
    volunteers: Mapping[int, str],
    cutouts: Mapping[int, str],
    recipe: Recipe,
) -> None:
    """Render every volunteer's model and write the best one's ``row``.

    Raises
    ------
    DatumError
        If there is no image, or nobody drew anything.
    """
    used = [volunteers[subject], cutouts[subject]]
    row = best_individual(read_json(used[0]), usable_cutout(used[1]))
    write_json(paths["row"], row | {"provenance": recipe.record(used)})


def failed_best(
    subject: int, reason: str, paths: Mapping[str, Path], *, recipe: Recipe
) -> None:
    """Write the row of a subject that has no best individual."""
    row = {"subject_id": subject, "status": "failed", "reason": reason} | EMPTY
    write_json(paths["row"], row | {"provenance": recipe.record()})
