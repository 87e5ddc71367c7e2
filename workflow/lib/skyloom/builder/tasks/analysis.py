"""Frequencies, residuals and headline numbers of a run, from its products' trees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from skyloom.builder.evaluation.statistics import (
    arm_counts,
    chisq_statistics,
    component_frequencies,
    residual_statistics,
    sample_residuals,
)
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
    """Return how good the fits are, by start, and what they leave in residual files."""
    tree = {}
    for start, trees in fits.items():
        found = [(one["chisq"], one["status"]) for one in trees]
        tree[start] = chisq_statistics(*zip(*found, strict=True))
    left = (read_images(path, ["RESIDUAL"])["RESIDUAL"][0] for path in images)
    found = [residual_statistics(image, np.isfinite(image)) for image in left]
    return tree | {"images": sample_residuals(found)}
