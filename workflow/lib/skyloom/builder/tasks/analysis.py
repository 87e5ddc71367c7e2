"""What the crowd and the fits say, from a run's products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from skyloom.builder.evaluation.comparison import (
    PARTS,
    compare_published,
    repaired_published,
)
from skyloom.builder.evaluation.repeatability import repeatability
from skyloom.builder.evaluation.statistics import (
    arm_counts,
    chisq_statistics,
    component_frequencies,
    prior_shares,
    residual_statistics,
    sample_residuals,
)
from skyloom.builder.products.catalogue_columns import PUBLISHED, REPEATED
from skyloom.io.fits import read_images


def frequencies_tree(volunteers, aggregates, tuned) -> dict:
    """Return how often components are drawn, agreed on and kept by the fit.

    Parameters
    ----------
    volunteers, aggregates, tuned : iterable of mapping
        Trees of the products of those names.
    """
    fitted = [tree["model"] for tree in tuned]
    agreed = [tree["model"] for tree in aggregates if tree["status"] == "ok"]
    drawn = [one["model"] for tree in volunteers for one in tree["volunteers"]]
    stages = {"drawn": drawn, "agreed": agreed, "fitted": fitted}
    arms = {"agreed": arm_counts(agreed), "fitted": arm_counts(fitted)}
    found = {stage: component_frequencies(models) for stage, models in stages.items()}
    return found | {"arms": arms}


def residuals_tree(fits: Mapping[str, Iterable[Mapping]], images: Iterable[str]):
    """Return how good the fits are and what they leave in residual files.

    Parameters
    ----------
    fits : mapping of str to iterable of mapping
        Trees of ``tuned`` by start, ``agg`` and ``bi``, and of ``models``. Of these
        also ``prior_shares``: what part of the variance of each quantity is the
        priors', over the sample.
    images : iterable of path
        Residual files.
    """
    tree = {start: chisq_statistics(trees) for start, trees in fits.items()}
    tree["prior_shares"] = prior_shares(fits["models"])
    left = (read_images(path, ["RESIDUAL"])["RESIDUAL"][0] for path in images)
    found = [residual_statistics(image, np.isfinite(image)) for image in left]
    return tree | {"images": sample_residuals(found)}


def repeatability_tree(catalogue: pd.DataFrame, repeats: Iterable) -> dict:
    """Return how far pairs of subjects that show one galaxy differ: `repeatability`.

    Rows without a fit do not count.
    """
    pairs = pd.DataFrame(list(repeats), columns=["first", "second"], dtype=int)
    fitted = catalogue[catalogue["components"] != ""]
    return repeatability(fitted, pairs, REPEATED, PARTS, counts=["n_arms"])


def published_tree(catalogue: pd.DataFrame, published: pd.DataFrame) -> dict:
    """Return how our catalogue differs from the published one, repaired.

    Parameters
    ----------
    catalogue, published : DataFrame
        Ours, of which rows without a fit do not count, and
        galaxy-builder-catalogue.csv.
    """
    ours = catalogue[catalogue["components"] != ""]
    multipliers = dict(zip(ours["subject_id"], ours["multiplier"], strict=True))
    repaired = repaired_published(published, multipliers)
    return compare_published(ours, repaired, PUBLISHED)
