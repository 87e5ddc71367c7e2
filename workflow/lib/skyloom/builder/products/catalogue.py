"""The catalogue: one row a subject, in sky units, with errors, support and flags."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from astropy import units as u
from astropy.table import Column as TableColumn
from astropy.table import Table

from skyloom.builder.model import from_dict
from skyloom.builder.products import catalogue_rows as rows
from skyloom.builder.products.catalogue_arms import arms
from skyloom.builder.products.catalogue_columns import columns
from skyloom.builder.products.catalogue_flags import flags
from skyloom.builder.products.estimates import estimates
from skyloom.builder.products.subject import Subject

STARTS = ("agg", "bi")
EMPTY = {int: -1, float: math.nan, str: "", bool: False}
COPIED = ("status", "chisq", "n_pixels", "n_free", "sigma_source", "multiplier")


def catalogue(subjects: Iterable[Subject]) -> Table:
    """Return the catalogue: a row for every subject, sorted by id, fitted or not.

    Each column has a unit, a description and ``meta["ucd"]``.
    """
    made = [catalogue_row(s) for s in sorted(subjects, key=lambda s: s.subject_id)]
    found = [_table_column(column, made) for column in columns()]
    return Table(found, meta={"name": "skyloom builder catalogue"})


def catalogue_row(subject: Subject) -> dict:
    """Return the values of one row by column; columns that are absent are empty."""
    row = {"subject_id": subject.subject_id} | rows.survey(subject)
    row |= rows.crowd(subject.aggregate) | _starts(subject)
    row |= _fitted(subject, row) if subject.fitted else _failed(subject)
    return row | flags(subject, row)


def _fitted(subject: Subject, known: Mapping) -> dict:
    tree, scale = subject.fit, subject.scale
    model, found = from_dict(tree["model"]), estimates(tree)
    row = {key: tree.get(key) for key in COPIED} | rows.choice(tree)
    row["start"] = better(subject.tuned)
    row["bounds_reached"] = " ".join(tree.get("bounds_reached") or ())
    row |= rows.light(found, model, tree["multiplier"], scale)
    row |= rows.shapes(found, model, subject) | rows.centre(found, model, subject)
    row |= arms(tree["arms"], model, found, scale)
    row |= rows.absolute(known | row, subject)
    return row | {"covariance": rows.covariance(found, row, subject)}


def better(tuned: Mapping[str, Mapping]) -> str:
    """Return the start whose fit has the lower reduced chi2, empty if all failed."""
    good = [s for s in STARTS if tuned.get(s, {}).get("model")]
    return min(good, key=lambda s: tuned[s]["chisq"], default="")


def _starts(subject: Subject) -> dict:
    """Return what the two fits say that begin at the crowd and at one volunteer."""
    row = {f"chisq_{start}": tree.get("chisq") for start, tree in subject.tuned.items()}
    for start, tree in subject.tuned.items():
        if tree.get("model"):
            row |= rows.start(start, tree, estimates(tree), subject.scale)
    return row


def _failed(subject: Subject) -> dict:
    trees = {"aggregate": subject.aggregate or {}, **subject.tuned}
    known = {k: tree["reason"] for k, tree in trees.items() if tree.get("reason")}
    words = [f"{name}: {reason}" for name, reason in known.items()]
    missing = "not fitted" if subject.has_image else "no image"
    reason = subject.fit.get("reason") or "; ".join(words) or missing
    return {"status": "failed", "reason": reason}


def _table_column(column, made) -> TableColumn:
    empty = 0 if column.name in ("flags", "chirality") else EMPTY[column.kind]
    values = [row.get(column.name) for row in made]
    whole = np.full(column.shape, empty) if column.shape else empty
    return TableColumn(
        np.array([whole if v is None else v for v in values], dtype=column.kind),
        name=column.name,
        shape=column.shape,
        unit=u.Unit(column.unit) if column.unit else None,
        description=column.description,
        meta={"ucd": column.ucd},
    )
