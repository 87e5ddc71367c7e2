"""The hierarchical model of pitch angles: its posterior and its draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from skyloom.builder.config import PitchSettings
from skyloom.builder.pitch.arms import arm_table
from skyloom.builder.pitch.posterior import (
    NotConvergedError,
    PitchPosterior,
    draw_arrays,
    fit,
    summary_tree,
)
from skyloom.io.errors import DatumError
from skyloom.run.seeds import rng

NOTHING = np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0)), np.zeros(0)


def sample_pitch(
    models: Iterable[Mapping],
    aggregates: Iterable[Mapping],
    repeats: Iterable[tuple[int, int]],
    settings: PitchSettings,
    seed: int,
) -> tuple[dict, dict]:
    """Sample the pitch angles of all arms, or record why that failed.

    Parameters
    ----------
    models, aggregates : iterable of mapping
        Trees of ``models/<id>.json`` and ``aggregates/<id>.json``.
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
    arms = arm_table(models, aggregates, galaxies=galaxies)
    try:
        posterior = fit(arms, settings, rng(seed, "pitch"))
    except (NotConvergedError, DatumError) as error:
        diagnostics = getattr(error, "diagnostics", {})
        nothing = PitchPosterior(*NOTHING, arms[:0], diagnostics)
        failed = {"status": "failed", "reason": str(error)}
        return failed | {"diagnostics": diagnostics}, draw_arrays(nothing)
    tree = {"status": "ok", "reason": None} | summary_tree(posterior)
    return tree, draw_arrays(posterior)
