"""One subject's aggregate model, from its volunteers' models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.aggregation.aggregate import aggregate_subject, settings_from
from skyloom.io.documents import read_json, write_json
from skyloom.run.provenance import record


def aggregate_one(
    subject: int,
    paths: Mapping[str, Path],
    *,
    volunteers: Mapping[int, str],
    settings: Mapping,
    code: str,
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
    settings : mapping
        The config section ``aggregate``.
    code : str
        Code digest of the rule.

    Raises
    ------
    ValueError
        If a model is malformed, or nothing is known of the subject: the reason.
    """
    drawn = read_json(volunteers[subject])
    if drawn["shape"] is None:
        raise ValueError(drawn["rejected"][0]["reason"])
    tree = aggregate_subject(drawn, settings_from(settings["aggregate"]))
    provenance = record(settings, code, [volunteers[subject]])
    write_json(paths["tree"], tree | {"provenance": provenance})
    return {"status": tree["status"], "reason": tree["reason"]}


def failed_aggregate(
    subject: int,
    reason: str,
    paths: Mapping[str, Path],
    *,
    settings: Mapping,
    code: str,
) -> dict:
    """Write the record of a subject that cannot be aggregated, and why."""
    nobody = {"subject_id": subject, "shape": (), "volunteers": []}
    tree = aggregate_subject(nobody, settings_from(settings["aggregate"]))
    tree |= {"shape": None, "status": "failed", "reason": reason}
    write_json(paths["tree"], tree | {"provenance": record(settings, code)})
    return {"status": "failed", "reason": reason}
