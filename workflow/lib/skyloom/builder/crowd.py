"""Simulated volunteers, with the errors measured on the real ones.

A volunteer has latent factors (skill, effort, mood); each yes/no answer (is a
component drawn, is it on its target, is a slider moved) is a probit of the factors,
the galaxy and chance. Shapes follow from tables of measured differences. All numbers
come from `crowd_fit`, kept in ``resources/builder_crowd.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from skyloom.builder import crowd_tables as tables
from skyloom.builder.crowd_fit import default_condition
from skyloom.builder.crowd_measure import BAR_UNITS, ELLIPSE_DEFAULT_Q, SLIDERS, Seen
from skyloom.builder.crowd_strokes import draw_following, draw_free
from skyloom.builder.model import COMPONENTS, DrawnArm, Model, Sersic
from skyloom.io.documents import read_json

_MOST_ELLIPTIC = 0.9
_SLIDER_STEP = 0.01
_SMALLEST = 0.3  # px: nobody draws less than a click
DISPLAY = 512.0


@dataclass(frozen=True)
class Drawing:
    """What one volunteer submits for one galaxy.

    Attributes
    ----------
    model : Model
        Shapes in cutout pixels, without the scale slider; brightnesses from the
        sliders.
    sliders : dict of str to float
        Positions of the sliders that were moved, by ``<part>.<slider>``; for arms
        ``arm<i>.I`` and ``arm<i>.spread``.
    """

    model: Model
    sliders: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """How the volunteers of one galaxy answer: rates of the galaxy, fitted crowd.

    Attributes
    ----------
    crowd : mapping
        The fitted parameters.
    effects : dict of str to float
        The galaxy's own probit shift in units of each rate's tau.
    factors : ndarray, shape (n_factors,)
        The volunteer's latent factors.
    rng : numpy.random.Generator
        Chance.
    """

    crowd: Mapping
    effects: Mapping[str, float]
    factors: np.ndarray
    rng: np.random.Generator

    def yes(self, answer: str, condition: str = "all", shift: float = 0.0) -> bool:
        """Answer one question; `shift` moves the probit rate."""
        mu, tau = _nearest(self.crowd["rates"][answer], condition)
        loadings = np.array(self.crowd["factors"][answer])
        own = np.sqrt(1 - loadings @ loadings) * self.rng.standard_normal()
        level = mu + tau * self.effects[answer] + shift
        return bool(loadings @ self.factors + own < level)


def _nearest(rates: Mapping, condition: str):
    """The rate under a condition, or under the first one for a condition not met."""
    return rates.get(condition) or next(iter(rates.values()))


def read_crowd(path: Path) -> dict:
    """Read the fitted parameters of a crowd.

    Raises
    ------
    ValueError
        When a part of the parameters is missing.
    """
    crowd = read_json(path)
    missing = {"factors", "rates", "shapes", "sliders", "strokes"} - set(crowd)
    if missing:
        msg = f"{path}: no {sorted(missing)}; make it with skyloom.builder.crowd_fit"
        raise ValueError(msg)
    return crowd


def draw_factors(crowd: Mapping, rng: np.random.Generator) -> np.ndarray:
    """Draw the latent factors of one volunteer, shape (n_factors,)."""
    return rng.standard_normal(len(next(iter(crowd["factors"].values()))))


def draw_effects(crowd: Mapping, rng: np.random.Generator) -> dict[str, float]:
    """Draw one galaxy's own shift of every answer, in units of its scatter."""
    return {answer: float(rng.standard_normal()) for answer in sorted(crowd["rates"])}


def draw_drawing(
    seen: Seen,
    crowd: Mapping,
    effects: Mapping[str, float],
    factors: np.ndarray,
    rng: np.random.Generator,
) -> Drawing:
    """Draw what one volunteer submits for a galaxy.

    Parameters
    ----------
    seen : Seen
        The galaxy as the crowd sees it.
    crowd : mapping
        Fitted parameters (`read_crowd`).
    effects : mapping of str to float
        The galaxy's shifts (`draw_effects`).
    factors : ndarray, shape (n_factors,)
        The volunteer's latent factors (`draw_factors`).
    rng : numpy.random.Generator
        Chance of this classification.

    Returns
    -------
    Drawing
        Parts that were not drawn are None.
    """
    answers = Answers(crowd, effects, factors, rng)
    sliders: dict[str, float] = {}
    parts = {name: _draw_part(name, seen, answers, sliders) for name in COMPONENTS}
    arms = _draw_arms(seen, answers, sliders)
    return Drawing(Model(**parts, spiral=arms), sliders)


def _draw_part(name: str, seen: Seen, answers: Answers, sliders: dict):
    own = getattr(seen.model, name)
    moved = {
        f"{name}.{slider}": _slider(f"{name}.{slider}", answers)
        for slider in SLIDERS[name]
    }
    sliders |= {k: v for k, v in moved.items() if v is not None}
    if not answers.yes(f"{name}.drawn", "seen" if own else "unseen"):
        return None
    aligned = name == "bar" and answers.yes("bar.aligned")
    state = _state(name, own, aligned, answers)
    shape = _draw_shape(name, state, own or seen.model.disk, aligned, answers)
    return _with_sliders(name, shape, sliders)


def _slider(slider: str, answers: Answers) -> float | None:
    """Return where a slider was moved to, or None when it was left alone."""
    if not answers.yes(f"touched.{slider}"):
        return None
    value = tables.draw(answers.crowd["sliders"][slider], answers.rng)["value"]
    return round(round(value / _SLIDER_STEP) * _SLIDER_STEP, 2)


def _state(name: str, own: Sersic | None, aligned: bool, answers: Answers) -> str:
    if own is None:
        return "unseen"
    condition = ("aligned" if aligned else "free") if name == "bar" else "all"
    return "on" if answers.yes(f"{name}.on", condition) else "off"


def _draw_shape(
    name: str, state: str, reference: Sersic, aligned: bool, answers: Answers
) -> Sersic:
    """Draw a shape from the tables, in the frame of its reference."""
    q = np.array([reference.q])
    condition = str(default_condition([state], q, name)[0])
    default = answers.yes(f"{name}.default", condition)
    shapes, rng = answers.crowd["shapes"][name], answers.rng
    key = f"{state}.default" if default and f"{state}.default" in shapes else state
    found = tables.draw(shapes[key], rng)
    q, roll = _axes(name, found, reference, default, rng)
    dx, dy = _offset(found, rng)
    if aligned:
        roll = np.pi / 2 * np.round(roll / (np.pi / 2))
    return Sersic(
        mux=reference.mux + dx * reference.Re,
        muy=reference.muy + dy * reference.Re,
        roll=float(roll % np.pi),
        q=float(q),
        Re=float(max(reference.Re * np.exp(found["size"]), _SMALLEST)),
        I=1.0,
    )


def _axes(name, found: Mapping, reference: Sersic, default: bool, rng):
    """Axis ratio and roll of a drawn shape."""
    if "along" in found:
        bent = (1 - reference.q) / (1 + reference.q)
        bent = bent + found["along"] + 1j * found["across"]
        flat = min(abs(bent), _MOST_ELLIPTIC)
        q, angle = (1 - flat) / (1 + flat), np.angle(bent) / 2
    else:
        q, angle = found.get("q", ELLIPSE_DEFAULT_Q), found["turn"]
    if default:
        # A bar's limit of 0.5 is the decoder's: what was drawn is rounder.
        q = rng.uniform(ELLIPSE_DEFAULT_Q, 1) if name == "bar" else ELLIPSE_DEFAULT_Q
    return q, reference.roll + angle


def _offset(found: Mapping, rng) -> tuple[float, float]:
    if "dx" in found:
        return found["dx"], found["dy"]
    angle = rng.uniform(0, 2 * np.pi)
    distance = np.exp(found["distance"])
    return distance * np.cos(angle), distance * np.sin(angle)


def _with_sliders(name: str, shape: Sersic, sliders: Mapping) -> Sersic:
    places = {k: sliders.get(f"{name}.{k}", v) for k, v in SLIDERS[name].items()}
    return Sersic(
        shape.mux,
        shape.muy,
        shape.roll,
        shape.q,
        shape.Re,
        I=places["I"] / (2 * BAR_UNITS),
        n=places.get("n", 1.0),
        c=places.get("c", 2.0),
    )


def _draw_arms(seen: Seen, answers: Answers, sliders: dict) -> tuple[DrawnArm, ...]:
    falloff = _slider("spiral.falloff", answers)
    sliders |= {} if falloff is None else {"spiral.falloff": falloff}
    if not answers.yes("arms.drawn", str(min(len(seen.model.spiral), 3))):
        return ()
    lines = _draw_lines(seen, answers)
    arms = []
    for i, line in enumerate(lines):
        moved = {s: _slider(f"arm.{s}", answers) for s in SLIDERS["arm"]}
        moved = {s: v for s, v in moved.items() if v is not None}
        sliders |= {f"arm{i}.{s}": v for s, v in moved.items()}
        places = SLIDERS["arm"] | moved
        arms.append(
            DrawnArm(
                line,
                I=places["I"] / BAR_UNITS,
                spread=places["spread"] * seen.size / DISPLAY,
                falloff=1.0 if falloff is None else falloff,
            )
        )
    return tuple(arms)


def _draw_lines(seen: Seen, answers: Answers) -> list[np.ndarray]:
    """Draw the strokes of a volunteer who draws any, in the order drawn."""
    strokes, rng = answers.crowd["strokes"], answers.rng
    lines = []
    for arm in range(len(seen.model.spiral)):
        level = tables.draw_rate((strokes["arm"][0], 0.0), rng)
        level += strokes["arm"][1] * answers.effects.get(f"arm{arm}", 0.0)
        follows = rng.standard_normal() < level
        while follows:
            lines.append(draw_following(seen.model, arm, strokes, rng))
            follows = rng.random() < strokes["repeats"]
    chances = strokes["n_free"]["some" if lines else "none"]
    n_free = int(rng.choice(len(chances), p=np.array(chances) / np.sum(chances)))
    previous = None
    for _ in range(n_free):
        line, previous = draw_free(seen.model, strokes, rng, previous)
        lines.append(line)
    return lines
