"""A red-sequence matched filter in the manner of redMaPPer, without its calibration.

Each bright red galaxy is tried as a centre at each redshift; the richness solves the
membership equation, and the best likelihoods claim their members first. Source:
Rykoff et al. 2014, ApJ 785, 104, sections 3 to 5. Left out: the calibration of the red
sequence on spectra, and masks inside the footprint finer than a few points of each
cluster.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from astropy.table import Table

from skyloom.clusters.baselines.centring import central_probabilities
from skyloom.clusters.baselines.colour_filter import (
    Background,
    fit_ridge,
    measure_background,
)
from skyloom.clusters.baselines.member_list import member_list
from skyloom.clusters.baselines.membership import (
    Sky,
    make_sky,
    members,
    richness_variance,
    solve,
    visible_members,
)
from skyloom.clusters.baselines.photometry import arrays
from skyloom.clusters.baselines.randoms import Inside
from skyloom.clusters.catalogue.colours import RedSequence

REDSHIFTS = 0.08 + 0.01 * np.arange(85)
LIMIT = 23.4  # i magnitude at which a survey's catalogue ends [AB mag]
# Members of one redshift have a mean chi2 of 3, with some blue and some chance members
# of 3.5. Between two clusters behind one another a candidate may take both, whose
# redshifts then fit neither; its score is at most that of both, so that half of it
# decides when it has its turn.
MISFIT = 4.0
SAME_Z = 0.06  # over 1 + z, within which clusters compete for a central galaxy
LEAST_RICHNESS, LEAST_SCORE = 3.0, 3.0  # below these nothing is listed
Z_FLOOR = 0.005  # error of redshifts over 1 + z, added in quadrature
# How often a field measures its own background: the second time without the members of
# the first.
PASSES = 2
Z_REACH = 0.06  # how far from a candidate's redshift a better one is looked for
MOST_MASKED = 0.2  # of a cluster, as in redMaPPer; the richness is not sure beyond
COARSE, BLENDED, MASKED = 1, 2, 4  # bits of FLAG
MEASURED = ("RA", "DEC", "SCORE", "Z", "Z_ERR", "LAMBDA", "LAMBDA_ERR", "MASKFRAC")
COLUMNS = {"ID": int, **dict.fromkeys(MEASURED, float), "ROW": int, "FLAG": int}
COLUMNS["P_CENTRAL"] = float
MEANING = {
    "MASKFRAC": "Share of the members' circle, or of 1 Mpc about what only the encoder "
    "found, outside of the footprint",
    "FLAG": "Sum of 1: Z only bounded, Z_ERR says so; 2: no one redshift fits; "
    f"4: MASKFRAC above {MOST_MASKED}",
    "P_CENTRAL": "Probability that the galaxy at RA, DEC is the central one; where "
    "LAMBDA is below 10 it is 0.1 too large; NaN where only the encoder found it",
}


def find_clusters(
    galaxies: Table,
    red_sequence: RedSequence,
    inside: Inside,
    background: Background | float,
    *,
    z: np.ndarray = REDSHIFTS,
    limit: float = LIMIT,
    passes: int = PASSES,
) -> tuple[Table, Table]:
    """Find the clusters of a field.

    Parameters
    ----------
    galaxies : Table
        RA, DEC [deg], MAG and MAG_ERR of shape (n, 4) in g, r, i, z [AB mag]; only
        what is classified as a galaxy.
    red_sequence : RedSequence
        Colours and m*.
    inside : callable
        ``inside(ra, dec)`` says of which directions [deg] the catalogue knows.
    background : Background or float
        Measured on many fields by `field_background`; or the area of this field
        [arcmin^2], which then measures its own.
    z : ndarray, shape (nz,)
        Redshifts that are tried; those of the background.
    limit : float
        i magnitude at which the catalogue ends [AB mag].
    passes : int
        How often the field measures its own background.

    Returns
    -------
    clusters : Table
        `COLUMNS`, best first: SCORE is the logarithm of the likelihood with over that
        without the cluster, ROW that of the central galaxy, MASKFRAC and FLAG are in
        `MEANING`.
    members : Table
        `member_list.COLUMNS`, by ID of the clusters. All of a cluster's P, also of
        those too improbable to be listed, add up to its visible share of LAMBDA.
    """
    vectors, mag, mag_err = arrays(galaxies)
    if len(galaxies) == 0:
        return listed([]), member_list([], galaxies)
    fit = fit_ridge(mag, mag_err, red_sequence, z)
    own = not isinstance(background, Background)
    current = measure_background([fit], [background]) if own else background
    for left in range(passes if own else 1, 0, -1):
        sky = make_sky(vectors, fit, current, red_sequence, inside, limit)
        found, free = _percolate(sky, _candidates(sky))
        if left > 1:
            current = measure_background([fit], [background], [free])
    return listed(found, galaxies), member_list([f["members"] for f in found], galaxies)


def field_background(
    fields: Sequence[Table],
    areas: Sequence[float],
    red_sequence: RedSequence,
    z: np.ndarray = REDSHIFTS,
) -> Background:
    """Measure the background of many fields [areas in arcmin^2] together."""
    fits = [fit_ridge(*arrays(table)[1:], red_sequence, z) for table in fields]
    return measure_background(fits, areas)


def _candidates(sky: Sky) -> list[tuple[float, int, int]]:
    """Return (rank, row, index of redshift) of each galaxy at its best redshift."""
    n = len(sky.places)
    best, where = np.zeros(n), np.zeros(n, int)
    free = np.ones(n)
    for k in range(len(sky.fit.z)):
        rows = np.flatnonzero(sky.fit.central[k])
        rank = _ranked(*solve(sky, k, sky.places[rows], free))
        better = rank > best[rows]
        best[rows[better]], where[rows[better]] = rank[better], k
    rows = np.flatnonzero(best)
    return [(float(best[row]), int(row), int(where[row])) for row in rows]


def _ranked(richness, score, misfit) -> np.ndarray:
    """Return by which candidates have their turn; 0 for what is not listed."""
    listed = (richness >= LEAST_RICHNESS) & (score >= LEAST_SCORE)
    return np.where(listed, np.where(misfit > MISFIT, score / 2, score), 0.0)


def _percolate(sky: Sky, candidates):
    """Let the best candidates claim their members first.

    Of a member only the probability is taken that it belongs (Rykoff et al. 2014,
    section 9). Ranks of those that share members with a better one are worked out again
    before they have their turn. A galaxy that is more likely a member of a better
    cluster of its redshift is no centre, nor is one that is a centre already.
    """
    free, owner = np.ones(len(sky.places)), np.full(len(sky.places), np.inf)
    heap = [(-rank, row, k, 0) for rank, row, k in candidates]
    heapq.heapify(heap)
    found, centre = [], np.zeros(len(sky.places), bool)
    while heap:
        _, row, k, seen = heapq.heappop(heap)
        z = sky.fit.z[k]
        taken = free[row] < 0.5 and abs(owner[row] - z) < SAME_Z * (1 + z)
        if centre[row] or taken:
            continue
        if seen < len(found):
            rank = _ranked(*solve(sky, k, sky.places[[row]], free))[0]
            if rank > 0:
                heapq.heappush(heap, (-float(rank), row, k, len(found)))
            continue
        found.append(_accepted(sky, row, k, free, owner, centre))
    return sorted(found, key=lambda each: -each["SCORE"]), free


def _accepted(sky: Sky, row: int, k: int, free, owner, centre) -> dict:
    """Return a cluster at its most probable central galaxy.

    Its members are taken from `free`, `owner` says where it is, `centre` its centre.
    """
    rows, p, _, _ = _members(sky, k, row, free)
    z, z_err, nearest, flag = _redshift(sky, k, rows, p)
    if _listable(sky, nearest, row, free):
        k = nearest
    row = _centred(sky, k, row, free, centre)
    richness, score, misfit = (v[0] for v in solve(sky, k, sky.places[[row]], free))
    rows, p, away, central = _members(sky, k, row, free)
    visible = visible_members(sky, k, sky.places[[row]])[0]
    masked = 1 - visible / sky.depth[k]
    flag |= BLENDED * int(misfit > MISFIT) | MASKED * int(masked > MOST_MASKED)
    owner[rows[p > 0.5 * free[rows]]] = z
    centre[row] = True
    variance = richness_variance(richness, p, free[rows], visible)
    free[rows] -= p
    return {
        **{"members": (rows, p, away, central), "ROW": row, "FLAG": flag},
        **{"SCORE": score, "Z": z, "Z_ERR": z_err, "MASKFRAC": masked},
        **{"LAMBDA": richness, "LAMBDA_ERR": np.sqrt(variance)},
        "P_CENTRAL": central[rows == row].sum(),
    }


def _members(sky: Sky, k: int, row: int, free):
    """Return rows, probabilities, distances of members, and those of being central."""
    centre = sky.places[[row]]
    rows, member, away = members(sky, k, centre, free)
    p, richness = free[rows] * member, solve(sky, k, centre, free)[0][0]
    return rows, p, away, central_probabilities(sky, k, rows, p, richness)


def _centred(sky: Sky, k: int, row: int, free, centre) -> int:
    """Return the row of the most probable central galaxy; of no other cluster's."""
    rows, _, _, central = _members(sky, k, row, free)
    central = np.where(centre[rows], 0.0, central)
    if not central.any():
        return row
    best = int(rows[np.argmax(central)])
    return best if _listable(sky, k, best, free) else row


def _listable(sky: Sky, k: int, row: int, free) -> bool:
    """Return whether a galaxy is the centre of what would be listed."""
    return _ranked(*solve(sky, k, sky.places[[row]], free))[0] > 0


def _redshift(sky: Sky, k: int, rows, weight):
    """Return the redshift at which the members fit best, its error, index and flag.

    Without a minimum inside, all that is known is that it is in the range.
    """
    reach = round(Z_REACH / sky.fit.step)
    low, high = max(k - reach, 0), min(k + reach + 1, len(sky.fit.z))
    chi2 = np.minimum(sky.fit.chi2[low:high][:, rows], 25.0) @ weight
    best = int(np.argmin(chi2))
    z, step = sky.fit.z[low:high], sky.fit.step
    inner = min(max(best, 1), len(chi2) - 2)
    bend = chi2[inner - 1] - 2 * chi2[inner] + chi2[inner + 1]
    if best != inner or bend <= 0:
        spread = (z[-1] - z[0]) / np.sqrt(12)
        return float(z[best]), float(spread), low + best, COARSE
    shift = 0.5 * (chi2[inner - 1] - chi2[inner + 1]) / bend
    error = np.hypot(step * np.sqrt(2 / bend), Z_FLOOR * (1 + z[best]))
    return float(z[best] + shift * step), float(error), low + best, 0


def listed(found: list[dict], galaxies: Table | None = None) -> Table:
    """Return detections as a table, at their central galaxies if these are given."""
    unknown = {int: 0, float: np.nan}
    table = Table(
        {
            name: np.array([f.get(name, unknown[kind]) for f in found], kind)
            for name, kind in COLUMNS.items()
        }
    )
    table["ID"] = np.arange(len(found))
    for name, meaning in MEANING.items():
        table[name].info.description = meaning
    for name in ("RA", "DEC") if galaxies is not None else ():
        table[name] = np.asarray(galaxies[name], float)[table["ROW"]]
    return table
