"""One subject's aggregate model, from its volunteers' models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.aggregation.aggregate import aggregate_subject, settings_from
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import DatumError
from skyloom.run.provenance import Recipe


def aggregate_one(
    subject: int,
    paths: Mapping[str, Path],
    *,
    volunteers: Mapping[int, str],
    recipe: Recipe,
) -> dict:
    """Aggregate a subject's drawings and write the result.

    Parameters
    ----------
    subject : int
        Its id.
    paths : mapping
        Where to write ``tree``.
    volunteers : mapping of int to path
        Volunteers trees.
    recipe : Recipe
        Of the rule; its settings are the config section ``aggregate``.

    Raises
    ------
    DatumError
        If nothing is known of the subject: the reason.
    """
    drawn = read_json(volunteers[subject])
    if drawn["shape"] is None:
        raise DatumError(drawn["rejected"][0]["reason"])
    tree = aggregate_subject(drawn, settings_from(recipe.settings["aggregate"]))
    provenance = recipe.record([volunteers[subject]])
    write_json(paths["tree"], tree | {"provenance": provenance})
    return {"status": tree["status"], "reason": tree["reason"]}


def failed_aggregate(
    subject: int,
    reason: str,
    paths: Mapping[str, Path],
    *,
    recipe: Recipe,
) -> dict:
    """Write the record of a subject that cannot be aggregated, and why."""
    nobody = {"subject_id": subject, "shape": (), "volunteers": []}
    tree = aggregate_subject(nobody, settings_from(recipe.settings["aggregate"]))
    tree |= {"shape": None, "status": "failed", "reason": reason}
    write_json(paths["tree"], tree | {"provenance": recipe.record()})
    return {"status": "failed", "reason": reason}
