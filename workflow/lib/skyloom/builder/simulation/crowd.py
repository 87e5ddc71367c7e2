"""Simulated volunteers, with the errors measured on the real ones.

A volunteer has latent factors (skill, effort, mood); each yes/no answer (is a
component drawn, is it on its target, is a slider moved) is a probit of the factors,
the galaxy and chance. Shapes follow from tables of measured differences. All numbers
are in ``resources/builder_crowd.json``, which ``tests/builder/crowd_table`` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from skyloom.builder.drawings.coordinates import DISPLAY, RESIDUAL, SLIDERS
from skyloom.builder.model import COMPONENTS, DrawnArm, Model, Sersic, replace
from skyloom.builder.simulation import tables
from skyloom.builder.simulation.strokes import draw_following, draw_free, draw_habits
from skyloom.io.documents import read_json
from skyloom.io.errors import InputError

ELLIPSE_DEFAULT_Q = 0.5  # the tool draws ry = rx / 2 until somebody pulls on it
# Where sliders stand until somebody moves them.
DEFAULTS = {
    part: {name: float(kind.default) for name, kind in kinds.items()}
    for part, kinds in SLIDERS.items()
}
ROUNDNESS = (0.6, 0.75, 0.88)  # edges of the reference's q
_MOST_ELLIPTIC = 0.9
_SLIDER_STEP = 0.01
_SMALLEST = 0.3  # px: nobody draws less than a click
MOST_ARMS = 8


@dataclass(frozen=True)
class Seen:
    """A galaxy as the crowd sees it, the reference of every drawing of it.

    The model needs a disk, and has a bulge, a bar and `SpiralArm` arms where the crowd
    agrees; its sizes are as drawn. `size` is the side of the cutout [px].
    """

    model: Model
    size: float


@dataclass(frozen=True)
class Drawing:
    """What one volunteer submits for one galaxy.

    Shapes are in cutout pixels, without the scale slider. `sliders` holds those that
    were moved, by ``<part>.<slider>``; for arms ``arm<i>.I`` and ``arm<i>.spread``.
    """

    model: Model
    sliders: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """How one volunteer answers about one galaxy."""

    crowd: Mapping
    effects: Mapping[str, float]
    factors: np.ndarray
    rng: np.random.Generator

    def yes(self, answer: str, condition: str = "all") -> bool:
        """Answer one question under a condition, a key of the fitted rates."""
        mu, tau = _nearest(self.crowd["rates"][answer], condition)
        loadings = np.array(self.crowd["factors"][answer])
        own = np.sqrt(1 - loadings @ loadings) * self.rng.standard_normal()
        level = mu + tau * self.effects[answer]
        return bool(loadings @ self.factors + own < level)


def _nearest(rates: Mapping, condition: str):
    """Return the rate under a condition; for one never met, that of a like one."""
    like = [key for key in rates if key[:2] == condition[:2]] or list(rates)
    return rates[condition if condition in rates else like[-1]]


def read_crowd(path: Path) -> dict:
    """Read the fitted parameters of a crowd; InputError where a part is missing."""
    crowd = read_json(path)
    missing = {"factors", "rates", "shapes", "sliders", "strokes"} - set(crowd)
    if missing:
        remedy = "make the file with tests/builder/crowd_table"
        raise InputError(path, f"no {sorted(missing)}", remedy=remedy)
    return crowd


def state_of(name: str, on: float, q: float) -> str:
    """Return "on", "off" (target) or "unseen" for a drawn component.

    `on` is 1, 0, or NaN where the crowd sees no such component. Ellipses on target are
    told apart by the reference's axis ratio `q`, "on0" to "on3".
    """
    if on != 1:
        return "off" if on == 0 else "unseen"
    return "on" if name == "bar" else f"on{np.digitize(q, ROUNDNESS)}"


def draw_factors(crowd: Mapping, rng: np.random.Generator) -> np.ndarray:
    """Draw the latent factors of one volunteer, shape (n_factors,)."""
    return rng.standard_normal(len(next(iter(crowd["factors"].values()))))


def draw_effects(crowd: Mapping, rng: np.random.Generator) -> dict[str, float]:
    """Draw one galaxy's own shift of every answer, in units of its scatter."""
    names = [*sorted(crowd["rates"]), *(f"arm{i}" for i in range(MOST_ARMS))]
    return {name: float(rng.standard_normal()) for name in names}


def draw_drawing(
    seen: Seen,
    crowd: Mapping,
    effects: Mapping[str, float],
    factors: np.ndarray,
    rng: np.random.Generator,
) -> Drawing:
    """Draw what one volunteer submits for a galaxy; what is not drawn is None.

    Parameters
    ----------
    seen : Seen
        The galaxy.
    crowd : mapping
        From `read_crowd`.
    effects : mapping of str to float
        The galaxy's shifts (`draw_effects`).
    factors : ndarray, shape (n_factors,)
        Of the volunteer (`draw_factors`).
    rng : numpy.random.Generator
        Of this classification.
    """
    answers = Answers(crowd, effects, factors, rng)
    if answers.yes("blank"):
        return Drawing(Model())
    sliders: dict[str, float] = {}
    parts = {name: _draw_part(name, seen, answers, sliders) for name in COMPONENTS}
    arms = _draw_arms(seen, answers, sliders)
    return Drawing(Model(**parts, spiral=arms), sliders)


def _draw_part(name: str, seen: Seen, answers: Answers, sliders: dict):
    own = getattr(seen.model, name)
    condition = "seen" if own else "unseen"
    places = _place_sliders(name, name, answers, sliders, condition)
    if not answers.yes(f"{name}.drawn", condition):
        return None
    aligned = answers.yes(f"{name}.aligned")
    condition = ("aligned" if aligned else "free") if name == "bar" else "all"
    on = answers.yes(f"{name}.on", condition) if own else np.nan
    reference = own or seen.model.disk
    state = state_of(name, on, reference.q)
    shape = _draw_shape(name, state, reference, aligned, answers)
    profile = {key: places[key] for key in ("n", "c") if key in places}
    return replace(shape, I=places["I"] / (2 * RESIDUAL), **profile)


def _place_sliders(
    kind: str, part: str, answers: Answers, sliders: dict, condition: str = "unseen"
) -> dict[str, float]:
    """Return where a part's sliders stand; those that were moved go to `sliders`."""
    places = dict(DEFAULTS[kind])
    for key in places:
        if answers.yes(f"touched.{kind}.{key}", condition):
            table = answers.crowd["sliders"][f"{kind}.{key}"]
            value = tables.draw(table, answers.rng)["value"]
            value = round(round(value / _SLIDER_STEP) * _SLIDER_STEP, 2)
            places[key] = sliders[f"{part}.{key}"] = value
    return places


def _draw_shape(
    name: str, state: str, reference: Sersic, aligned: bool, answers: Answers
) -> Sersic:
    """Draw a shape from the tables, in the frame of its reference."""
    question = "default" if state.startswith("on") else "stray"
    default = answers.yes(f"{name}.{question}", state)
    rng = answers.rng
    found = tables.draw(_shapes_of(answers.crowd, name, state, default), rng)
    q, roll = _axes(name, found, reference, default, rng)
    angle, distance = rng.uniform(0, 2 * np.pi), np.exp(found["distance"])
    if aligned:
        roll = np.pi / 2 * np.round(roll / (np.pi / 2))
    return Sersic(
        mux=reference.mux + distance * np.cos(angle) * reference.Re,
        muy=reference.muy + distance * np.sin(angle) * reference.Re,
        roll=float(roll % np.pi),
        q=float(q),
        Re=float(max(reference.Re * np.exp(found["size"]), _SMALLEST)),
        I=1.0,
    )


def _shapes_of(crowd: Mapping, name: str, state: str, default: bool) -> Mapping:
    """Return the table of a state; of a like one where too few were measured."""
    shapes = crowd["shapes"][name]
    wanted = [f"{state}.default", state] if default else [state]
    like = [key for key in shapes if key[:2] == state[:2]]
    return next(shapes[key] for key in [*wanted, *like] if key in shapes)


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


def _draw_arms(seen: Seen, answers: Answers, sliders: dict) -> tuple[DrawnArm, ...]:
    falloff = _place_sliders("spiral", "spiral", answers, sliders)["falloff"]
    if not answers.yes("arms.drawn", str(min(len(seen.model.spiral), 3))):
        return ()
    arms = []
    for i, line in enumerate(_draw_lines(seen, answers)):
        places = _place_sliders("arm", f"arm{i}", answers, sliders)
        light, spread = places["I"] / RESIDUAL, places["spread"] * seen.size / DISPLAY
        arms.append(DrawnArm(line, I=light, spread=spread, falloff=falloff))
    return tuple(arms)


def _draw_lines(seen: Seen, answers: Answers) -> list[np.ndarray]:
    """Draw the strokes of a volunteer who draws any, in the order drawn."""
    strokes, rng = answers.crowd["strokes"], answers.rng
    lines, n_followed = [], 0
    following, free = draw_habits(strokes, rng)
    shared = rng.standard_normal() * np.sqrt(strokes["together"])
    own = np.sqrt(1 - strokes["together"])
    for arm in range(len(seen.model.spiral)):
        level = strokes["arm"][0]
        level += strokes["arm"][1] * answers.effects.get(f"arm{arm}", 0.0)
        follows = shared + own * rng.standard_normal() < level
        n_followed += follows
        while follows:
            lines.append(draw_following(seen.model, arm, strokes, following, rng))
            follows = rng.random() < strokes["repeats"]
    chances = strokes["n_free"][str(min(n_followed, 2))]
    n_free = int(rng.choice(len(chances), p=np.array(chances) / np.sum(chances)))
    previous = None
    for _ in range(n_free):
        line, previous = draw_free(seen.model, strokes, free, rng, previous)
        lines.append(line)
    return lines
