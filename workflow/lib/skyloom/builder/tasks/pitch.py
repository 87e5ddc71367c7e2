"""The hierarchical model of pitch angles: its posterior and its draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from skyloom.builder.config import PitchSettings
from skyloom.builder.pitch.arms import arm_table
from skyloom.builder.pitch.posterior import (
    NotConvergedError,
    draw_arrays,
    fit,
    summary_tree,
)
from skyloom.io.errors import DatumError
from skyloom.run.seeds import rng

NO_DRAWS = {"scatter": (0,), "galaxy": (0, 0), "arm": (0, 0)}
NO_IDS = ("galaxy_id", "arm_subject_id", "arm_galaxy_id", "arm_index")


def sample_pitch(
    aggregates: Iterable[Mapping],
    repeats: Iterable[tuple[int, int]],
    settings: PitchSettings,
    seed: int,
) -> tuple[dict, dict]:
    """Sample the pitch angles of all arms, or record why that failed.

    Parameters
    ----------
    aggregates : iterable of mapping
        Trees of ``aggregates/<id>.json``.
    repeats : iterable of [int, int]
        Pairs of subjects that show one galaxy.

    Returns
    -------
    tree : dict
        ``status`` ("ok" or "failed"), ``reason`` and the posterior's summary.
    arrays : dict of str to ndarray
        The draws; empty after a failure.
    """
    galaxies = {second: first for first, second in repeats}
    try:
        arms = arm_table(aggregates, galaxies=galaxies)
        posterior = fit(arms, settings, rng(seed, "pitch"))
    except (NotConvergedError, DatumError) as error:
        failed = {"status": "failed", "reason": str(error)}
        return failed | {"diagnostics": getattr(error, "diagnostics", {})}, _nothing()
    tree = {"status": "ok", "reason": None} | summary_tree(posterior)
    return tree, draw_arrays(posterior)


def _nothing() -> dict[str, np.ndarray]:
    draws = {k: np.zeros(shape, np.float32) for k, shape in NO_DRAWS.items()}
    return draws | {name: np.zeros(0, np.int64) for name in NO_IDS}
