"""Catalogues compared: galaxies drawn twice, and the published catalogue."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from skyloom.builder.evaluation.comparison import (
    PARTS,
    compare_published,
    repaired_published,
)
from skyloom.builder.evaluation.repeatability import repeatability
from skyloom.builder.products.catalogue_columns import PUBLISHED, REPEATED


def repeatability_tree(catalogue: pd.DataFrame, repeats: Iterable) -> dict:
    """Return how far pairs of subjects that show one galaxy differ: `repeatability`.

    Rows without a fit do not count. The catalogue's `n_arms` are the crowd's, so that
    fits count as having as many arms, of the same kind, where as many parameters are
    free.
    """
    pairs = pd.DataFrame(list(repeats), columns=["first", "second"], dtype=int)
    fitted = catalogue[catalogue["start"] != ""]
    return repeatability(fitted, pairs, REPEATED, PARTS, counts=["n_free"])


def published_tree(catalogue: pd.DataFrame, published: pd.DataFrame) -> dict:
    """Return how our catalogue differs from the published one, repaired.

    Parameters
    ----------
    catalogue, published : DataFrame
        Ours, of which rows without a fit do not count, and
        galaxy-builder-catalogue.csv.
    """
    ours = catalogue[catalogue["start"] != ""]
    multipliers = dict(zip(ours["subject_id"], ours["multiplier"], strict=True))
    repaired = repaired_published(published, multipliers)
    return compare_published(ours, repaired, PUBLISHED)
