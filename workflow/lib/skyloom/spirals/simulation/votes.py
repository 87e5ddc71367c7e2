"""How visible a simulated galaxy's arms and bar are, and the votes that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from skyloom.run.seeds import rng
from skyloom.spirals.questions import questions
from skyloom.spirals.simulation.galaxy import Galaxy, sersic_b
from skyloom.spirals.simulation.noise import constants
from skyloom.spirals.simulation.render import DEPTH, sky_noise

SERVED = 0.2  # share of the votes from which volunteers were asked to draw


@dataclass(frozen=True, slots=True)
class Visible:
    """Log odds that somebody sees the arms, or the bar; -inf where there is none."""

    arms: float
    bar: float


def visible(galaxy: Galaxy) -> Visible:
    """Return how visible arms and bar are: contrast, blurred, over the noise."""
    return Visible(_arms(galaxy), _bar(galaxy))


def _arms(galaxy: Galaxy) -> float:
    if not galaxy.arms:
        return -np.inf
    sigma, flat = galaxy.seeing[1] / 2.355, np.sqrt(galaxy.axis_ratio)
    width = np.mean([a.width for a in galaxy.arms]) * flat
    contrast = np.mean([a.contrast for a in galaxy.arms])
    blurred = np.hypot(width, sigma)
    # What blurring leaves of a row of arms, at two scale lengths.
    around = 2 * np.pi * 2 * galaxy.length / len(galaxy.arms)
    apart = around * np.sin(np.radians(galaxy.pitch_angle)) * flat
    contrast = contrast * np.exp(-1.2 * (np.pi * blurred / apart) ** 2)
    # Signal to noise of the arm at two scale lengths, in an area of the blurred image.
    flux = 10 ** (0.4 * (22.5 - galaxy.magnitude)) * galaxy.disk
    bright = flux * np.exp(-2) / (2 * np.pi * galaxy.length**2 * galaxy.axis_ratio)
    clear = contrast * bright / sky_noise(DEPTH[1], galaxy.seeing[1], 1.0)
    seen = contrast * width / blurred * clear / (clear + 8)
    noise = constants()
    return float(noise["arm_slope"] * np.log(seen / noise["arm_seen"]))


def _bar(galaxy: Galaxy) -> float:
    bar = galaxy.bar
    if not bar:
        return -np.inf
    sigma, half, length = galaxy.seeing[1] / 2.355, 0.5 * bar.half, galaxy.length
    disk = galaxy.disk * (1 - bar.depletion) * np.exp(-half / length)
    n, radius = galaxy.bulge_index, galaxy.bulge_radius
    steep = np.exp(-sersic_b(n) * ((half / radius) ** (1 / n) - 1))
    bulge = galaxy.bulge * steep / (7.5 * radius**2)
    under = disk / (2 * np.pi * length**2) + bulge
    contrast = bar.share / (np.pi * bar.half**2 * bar.axis_ratio) / under
    flat = bar.half * bar.axis_ratio * np.sqrt(galaxy.axis_ratio)
    seen = contrast * flat / np.hypot(flat, sigma) * bar.half / (bar.half + 2 * sigma)
    noise = constants()
    return float(noise["bar_slope"] * np.log(seen / noise["bar_seen"]))


def shares(galaxy: Galaxy, seen: Visible) -> np.ndarray:
    """Return the expected shares of the answers, shape (answers,)."""
    arms, bar = expit(seen.arms), expit(seen.bar)
    edge_on = galaxy.kind == "edge_on"
    lumpy = min(1.0, 1.5 * max(galaxy.texture - 0.2, 0)) if not galaxy.arms else 0
    ring = min(1.0, galaxy.ring[2]) if galaxy.ring else 0.0
    plain = 0.85 if galaxy.kind == "smooth" else 0.65
    hidden = plain * (1 - 0.9 * arms) * (1 - 0.6 * bar) * (1 - 0.6 * ring)
    hidden *= (1 - 0.7 * lumpy) * (0.35 if edge_on else 1)
    tilted = max(0.0, 0.62 - galaxy.axis_ratio) if galaxy.disk else 0.0
    side = 0.85 if edge_on else 0.05 + 0.7 * tilted
    spiral = 0.15 + 0.8 * max(arms, 0.8 * lumpy, 0.4 * ring)
    strong = expit(3 * (np.log(galaxy.bar.share / 0.13))) if galaxy.bar else 0.1
    some = 0.12 + 0.84 * bar
    ratio = galaxy.bulge_ratio if galaxy.kind == "smooth" else galaxy.axis_ratio
    pitch = galaxy.pitch_angle if galaxy.arms else 12.0
    answers = {
        "smooth-or-featured": (0.9 * hidden, 0.9 * (1 - hidden), 0.1),
        "disk-edge-on": (side, 1 - side),
        "has-spiral-arms": (spiral, 1 - spiral),
        "bar": (some * strong, some * (1 - strong), 1 - some),
        "bulge-size": _near(galaxy.bulge, (0.85, 0.57, 0.3, 0.08, -0.15), 0.14),
        "how-rounded": _near(ratio, (1.0, 0.65, 0.25), 0.16),
        "edge-on-bulge": _near(galaxy.bulge, (0.5, -0.05, 0.2), 0.13),
        "spiral-winding": _near(pitch, (13.0, 29.0, 44.0), 12.0),
        "spiral-arm-count": _arm_count(len(galaxy.arms) or 2, arms),
        "merging": (0.42, 0.2, 0.1, 0.28)
        if galaxy.companions
        else (0.9, 0.06, 0.03, 0.01),
    }
    return np.concatenate([answers[question.name] for question in questions()])


def _near(value: float, centres: tuple[float, ...], width: float) -> np.ndarray:
    """Return shares of answers by how near their meaning is; nobody is sure."""
    near = np.exp(-0.5 * ((value - np.array(centres)) / width) ** 2) + 0.03
    return near / near.sum()


def _arm_count(number: int, clear: float) -> np.ndarray:
    unsure = 0.15 + 0.6 * (1 - clear)
    near = np.exp(-0.5 * ((number - np.arange(1, 6)) / 0.6) ** 2) + 0.07
    near = near * (0.35, 1, 1, 1.1, 1.2)  # few say one
    return np.append(near / near.sum() * (1 - unsure), unsure)


def count(expected: np.ndarray, seed: int, name: str, voting) -> np.ndarray:
    """Return how many voted for each answer, down the tree, int32 (answers,).

    Shares of one galaxy are spread about the expected ones: Dirichlet-multinomial.

    Parameters
    ----------
    expected : ndarray, shape (answers,)
        Expected shares.
    seed, name
        Whose votes.
    voting : tuple of int
        Fewest and most volunteers.
    """
    r, spread = rng(seed, "votes", name), constants()["vote_precision"]
    asked, found = (
        int(r.integers(voting[0], voting[1] + 1)),
        np.zeros(len(expected), np.int32),
    )
    for question in questions():
        n = asked if question.after is None else int(found[question.after])
        own = expected[question.columns]
        found[question.columns] = r.multinomial(n, r.dirichlet(spread * own))
    return found


def served(counts: np.ndarray) -> tuple[bool, bool]:
    """Return whether votes suggest arms, and a bar, so that drawings are asked for."""
    share = {}
    for question in questions():
        own = counts[question.columns]
        share[question.name] = own / max(own.sum(), 1)
    face_on = share["smooth-or-featured"][1] * share["disk-edge-on"][1]
    arms = face_on * share["has-spiral-arms"][0]
    return bool(arms > SERVED), bool(face_on * (1 - share["bar"][2]) > SERVED)
