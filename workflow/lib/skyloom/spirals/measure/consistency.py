"""Whether maps and votes of a network say the same of a galaxy.

The share of votes for arms or a bar, among those who were asked, is expected to rise
with the brightest share of the map. How, and how closely, is learned from galaxies of
the validation; a galaxy is judged by how far it lies from that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from skyloom.atlas.numbers import real
from skyloom.spirals.questions import asked, expected_shares, question, questions
from skyloom.stats.calibration import logit
from skyloom.stats.scatter import nmad

ANSWERS = {"spiral": ("has-spiral-arms", ("yes",)), "bar": ("bar", ("strong", "weak"))}
KINDS = tuple(ANSWERS)  # in the order of the maps' channels
RELEVANT = 0.3  # least probability that a volunteer is asked
DOUBT = "doubtful, volunteers would hardly be asked"
FLAG = 0.01  # agreement below which heads disagree
LEAST = 10  # galaxies to learn from
SLIGHTEST = 0.05  # least scatter, of logits


@dataclass(frozen=True, slots=True)
class Relation:
    """A line from the logit of the map's brightest share to that of the votes' share.

    Attributes
    ----------
    slope, intercept, scatter : float
        Scatter is about the line, in logits.
    """

    slope: float
    intercept: float
    scatter: float


def kind_shares(concentrations: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the share that says arms or a bar, and the probability of being asked.

    Parameters
    ----------
    concentrations : ndarray, shape (..., answers)
        Of the votes.
    kind : str
        ``spiral`` or ``bar``.
    """
    name, answers = ANSWERS[kind]
    one = question(name)
    shares, _ = expected_shares(concentrations)
    columns = [one.first + one.answers.index(answer) for answer in answers]
    place = [each.name for each in questions()].index(name)
    return shares[..., columns].sum(axis=-1), asked(shares)[..., place]


def fit_relation(
    peaks: np.ndarray, shares: np.ndarray, relevant: np.ndarray
) -> Relation | None:
    """Return the relation of galaxies where the question is asked.

    Parameters
    ----------
    peaks, shares, relevant : ndarray, shape (n,)
        Brightest share of the map, share of votes, probability of being asked.

    Returns
    -------
    Relation or None
        None of fewer than `LEAST` galaxies, of maps that are all alike, and where votes
        do not rise with the map: such heads cannot be compared.
    """
    kept = np.asarray(relevant) >= RELEVANT
    x, y = logit(np.asarray(peaks)[kept]), logit(np.asarray(shares)[kept])
    if len(x) < LEAST or np.ptp(x) < SLIGHTEST:
        return None
    slope, intercept = np.polyfit(x, y, 1)
    if slope <= 0:
        return None
    scatter = float(nmad(y - slope * x - intercept))
    return Relation(float(slope), float(intercept), max(scatter, SLIGHTEST))


def fit_relations(
    mean: np.ndarray, concentrations: np.ndarray
) -> dict[str, Relation | None]:
    """Return the relation of each kind, of maps (n, 2, H, W) and votes (n, answers)."""
    found = {}
    for place, kind in enumerate(KINDS):
        known = np.isfinite(mean[:, place]).all(axis=(1, 2))
        peaks = mean[known, place].max(axis=(1, 2))
        found[kind] = fit_relation(peaks, *kind_shares(concentrations[known], kind))
    return found


def doubts(row: Mapping) -> set[str]:
    """Return which kinds were measured though hardly anybody would be asked about them.

    Parameters
    ----------
    row : mapping
        Of the catalogue: ``spiral_asked``, ``pitch_angle``, ``bar_asked``,
        ``bar_length`` and ``bar_length_px``; NaN or masked is what is not known.
    """
    measures = {"spiral": ["pitch_angle"], "bar": ["bar_length", "bar_length_px"]}
    return {
        kind
        for kind, names in measures.items()
        if real(row[f"{kind}_asked"]) < RELEVANT
        and any(np.isfinite(real(row[name])) for name in names)
    }


def agreement(
    peak: float, share: float, relevant: float, relation: Relation | None
) -> tuple[float, str]:
    """Return the probability of so large a difference of the heads, and who says more.

    Returns
    -------
    agreement : float
        Two-sided, of a normal scatter; NaN where the question is hardly asked or the
        relation is not known.
    flag : str
        ``votes`` or ``map``, whichever says more, where it is below `FLAG`.
    """
    # NaN: of a network that was not trained for maps, or votes.
    if relation is None or not relevant >= RELEVANT or not np.isfinite(peak):
        return np.nan, ""
    expected = relation.slope * logit(peak) + relation.intercept
    off = float(logit(share) - expected) / relation.scatter
    chance = float(2 * special.ndtr(-abs(off)))
    if chance >= FLAG:
        return chance, ""
    return chance, "votes" if off > 0 else "map"
