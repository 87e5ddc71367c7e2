"""Pitch angles of a galaxy's arms: one estimate from volunteers and image.

Volunteers say where an arm is; the image says how it winds there. Both estimates have
systematic errors that their own do not hold (`SYSTEMATIC`, from simulated volunteers
and galaxies): where a smooth model fits, the image knows better, where clumps and rings
inflate its noise (`fitting.misfit`), the volunteers do. With these, the mean by inverse
variances is the estimate, and where the two differ by more than their errors its error
grows by that (Birge 1932, Phys. Rev. 40, 207). A fit that has left the arm that was
drawn is no measurement of it: then the volunteers' estimate stands alone, with a flag.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from skyloom.builder.aggregation.arm_records import replaned
from skyloom.builder.aggregation.logspiral import pitch_angle_error
from skyloom.builder.fitting.arm_candidates import overlap
from skyloom.builder.fitting.posterior import Posterior, free_values
from skyloom.builder.fitting.spirals import reframed
from skyloom.builder.model import Model, Sersic

# Of one estimate [deg]: constant, and times the logarithm of the inflation; learned as
# `mean.SYSTEMATIC`, on the same galaxies.
SYSTEMATIC = {"crowd": (4.5, 1.0), "fit": (1.0, 2.5)}
LEAST_OVERLAP = 0.5  # of a fitted arm beside the drawn one
TIGHT = 3.0  # deg: an arm that is a ring
APART = 3.0  # standard errors
ALONE = 10.0  # deg, of what two volunteers drew
FLAGS = {
    "off_arm": "the fitted arm does not lie on the drawn one",
    "reversed": "the fitted arm winds against the drawn one",
    "ring": f"the fitted pitch angle is below {TIGHT:g} deg",
    "apart": f"fit and volunteers differ by more than {APART:g} standard errors",
}
FAILED = {"off_arm", "reversed", "ring"}  # the fit is no measurement of the arm


def arm_rows(
    post: Posterior,
    numbers: Sequence[int],
    crowd: Model,
    records: Sequence[Mapping],
    probabilities: Sequence[float],
    inflation: float,
) -> list[dict]:
    """Return what is known of each arm of a fit, in its order, as plain JSON.

    Parameters
    ----------
    post : Posterior
        Of the fit.
    numbers : sequence of int
        Place of each arm in `crowd`.
    crowd : Model
        Disk and all arms that the galaxy may have.
    records : sequence of mapping
        The volunteers' record of the first arms of `crowd`; further ones nobody drew.
    probabilities : sequence of float
        That each arm is there.
    inflation : float
        Of the noise.
    """
    model = post.model(post.coordinates)
    names, _, covariance = free_values(post)
    rows, log = [], math.log(inflation)
    for own, number in enumerate(numbers):
        i, arm = names.index(f"spiral.{own}.phi"), model.spiral[own]
        fit = arm.phi, math.sqrt(max(covariance[i, i], 0.0))
        drawn, known = None, None
        if number < len(records):
            drawn = reframed(crowd.spiral[number], crowd.disk, model.disk)
            known = _drawn(records[number], crowd.disk, model.disk)
        flags = _flags(arm, drawn, fit, known, log)
        angle, error = _combined(fit, known, flags, log)
        rows.append(
            {
                "probability": probabilities[own],
                "crowd": number if known else None,
                "pitch_angle": abs(angle),
                "pitch_angle_err": error,
                "chirality": 1 if angle > 0 else -1,
                "pitch_angle_crowd": abs(known[0]) if known else None,
                "pitch_angle_crowd_err": known[1] if known else None,
                "pitch_angle_fit": abs(fit[0]),
                "pitch_angle_fit_err": fit[1] or None,
                "flags": flags,
            }
        )
    return rows


def _drawn(record: Mapping, old: Sersic, new: Sersic) -> tuple[float, float | None]:
    """Return the volunteers' signed pitch angle in the fitted disk, and its error."""
    moved = replaned(record, old, new)
    if moved["covariance"] is None:
        return moved["phi"], None
    slope = math.sqrt(max(moved["covariance"][1][1], 0.0))
    return moved["phi"], pitch_angle_error(moved["coef"][1], slope)


def _flags(arm, drawn, fit, known, log: float) -> list[str]:
    flags = ["ring"] if abs(fit[0]) < TIGHT else []
    if (
        drawn is not None
        and max(overlap(arm, drawn), overlap(drawn, arm)) < LEAST_OVERLAP
    ):
        flags.append("off_arm")
    if known and known[0] * fit[0] < 0:
        flags.append("reversed")
    if known and known[1] is not None:
        total = math.hypot(_error(fit[1], "fit", log), _error(known[1], "crowd", log))
        flags += ["apart"] if abs(known[0] - fit[0]) > APART * total else []
    return [name for name in FLAGS if name in flags]


def _combined(fit, known, flags, log: float) -> tuple[float, float]:
    """Return the signed pitch angle and its error [deg]."""
    mine = fit[0], _error(fit[1], "fit", log)
    if known is None:
        return mine
    failed = FAILED & set(flags)
    if known[1] is None:  # too few volunteers to know how well they agree
        return (known[0], ALONE) if failed else mine
    theirs = known[0], _error(known[1], "crowd", log)
    if failed:
        return theirs
    weight = [1 / error**2 for _, error in (mine, theirs)]
    mean = (mine[0] * weight[0] + theirs[0] * weight[1]) / sum(weight)
    away = abs(mine[0] - theirs[0]) / math.hypot(mine[1], theirs[1])
    return mean, max(1.0, away) / math.sqrt(sum(weight))


def _error(error: float, source: str, log: float) -> float:
    constant, slope = SYSTEMATIC[source]
    return math.hypot(error, constant, slope * log)
