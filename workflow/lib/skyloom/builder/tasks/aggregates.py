"""One subject's aggregate model, from its volunteers' models."""

from __future__ import annotations

from skyloom.builder.aggregation.aggregate import aggregate_subject
from skyloom.builder.config import AggregateSettings
from skyloom.builder.tasks.files import Files, Paths
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import DatumError
from skyloom.run.provenance import Recipe


def aggregate(subject: int, paths: Paths, *, files: Files, recipe: Recipe) -> None:
    """Aggregate the drawings in the tree of ``volunteers`` and write ``tree``.

    Raises
    ------
    DatumError
        If nothing is known of the subject.
    """
    path = files["volunteers"][subject]
    drawn = read_json(path)
    if drawn["shape"] is None:
        raise DatumError(drawn["rejected"][0]["reason"])
    tree = aggregate_subject(drawn, _settings(recipe))
    write_json(paths["tree"], tree | {"provenance": recipe.record([path])})


def failed_aggregate(
    subject: int, reason: str, paths: Paths, *, recipe: Recipe
) -> None:
    """Write the record of a subject that cannot be aggregated."""
    nobody = {"subject_id": subject, "shape": (), "volunteers": []}
    tree = aggregate_subject(nobody, _settings(recipe))
    tree |= {"shape": None, "status": "failed", "reason": reason}
    write_json(paths["tree"], tree | {"provenance": recipe.record()})


def _settings(recipe: Recipe) -> AggregateSettings:
    return AggregateSettings.stated(recipe.settings["aggregate"])
