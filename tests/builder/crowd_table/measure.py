"""What a volunteer's drawing differs in from the galaxy that the crowd sees.

The same measurement serves the real and the simulated crowd: fitting, and the test
that compares them, see nothing else. Numbers that the survey's decoder clips (bulge
q >= 0.6, bar q <= 0.5, disk q >= 0.25) are clipped here too.
"""

from __future__ import annotations

import numpy as np
from skyloom.builder.aggregation.consensus import Q_BOUNDS
from skyloom.builder.drawings.coordinates import RESIDUAL
from skyloom.builder.model import COMPONENTS, Model, Sersic
from skyloom.builder.simulation.crowd import DEFAULTS, ELLIPSE_DEFAULT_Q, Seen

from crowd_table.measure_strokes import Stroke, measure_stroke

# largest size ratio (ln), offset (in Re) and turn (rad) of a drawing "on" its target
ON_TARGET = {
    "disk": (0.6, 0.3, np.inf),
    "bulge": (0.8, 0.8, np.inf),
    "bar": (0.8, 0.5, 0.5),
}
_ALIGNED = 1e-3
_SAME = 2e-3


def clipped(name: str, part: Sersic) -> float:
    """Return the axis ratio as the survey's decoder keeps it: clipped, to 0.001."""
    return round(float(np.clip(part.q, *Q_BOUNDS[name])), 3)


def turn(angle: float) -> float:
    """Return an angle between two undirected axes, in [-pi/2, pi/2)."""
    return float((angle + np.pi / 2) % np.pi - np.pi / 2)


def measure_part(name: str, part: Sersic, reference: Sersic) -> dict[str, float]:
    """Return the differences of one drawn component from a reference component.

    Returns
    -------
    dict of str to float
        ``size`` ln(Re/Re_ref); ``dx, dy`` offset / Re_ref; ``distance`` ln of the
        offset / Re_ref; ``along, across`` ellipticity difference in the reference's
        axes; ``q``; ``turn`` [rad]; ``default`` 1 for an untouched ellipse (for a
        bar: 1 when it is as wide as the decoder allows); ``aligned`` 1 at 0 or 90
        deg exactly.
    """
    q = clipped(name, part)
    dx = (part.mux - reference.mux) / reference.Re
    dy = (part.muy - reference.muy) / reference.Re
    bent = (1 - q) / (1 + q) * np.exp(2j * (part.roll - reference.roll))
    bent -= (1 - reference.q) / (1 + reference.q)
    square = part.roll % (np.pi / 2)
    return {
        "size": float(np.log(part.Re / reference.Re)),
        "dx": dx,
        "dy": dy,
        "distance": float(np.log(max(np.hypot(dx, dy), 1e-3))),
        "along": float(bent.real),
        "across": float(bent.imag),
        "q": q,
        "turn": turn(part.roll - reference.roll),
        "default": float(is_default(name, q)),
        "aligned": float(min(square, np.pi / 2 - square) < _ALIGNED),
    }


def is_default(name: str, q: float) -> bool:
    """Tell whether a (clipped) axis ratio is the drawing tool's own."""
    if name == "disk":
        return abs(q - ELLIPSE_DEFAULT_Q) < _SAME
    if name == "bulge":
        return q < Q_BOUNDS["bulge"][0] + _SAME
    return q > Q_BOUNDS["bar"][1] - _SAME


def on_target(name: str, found: dict[str, float]) -> bool:
    """Tell whether a measured drawing is of its target rather than a blob."""
    size, offset, angle = ON_TARGET[name]
    near = np.hypot(found["dx"], found["dy"]) < offset
    return bool(abs(found["size"]) < size and near and abs(found["turn"]) < angle)


def measure_volunteer(model: Model, seen: Seen) -> dict[str, float]:
    """Return all differences of a volunteer's drawing, as one flat row.

    Parameters
    ----------
    model : Model
        What the volunteer drew [px of the same frame as `seen`], sizes without the
        scale slider.
    seen : Seen
        The reference.

    Returns
    -------
    dict of str to float
        ``<component>.drawn``; for drawn ones the fields of `measure_part` under
        ``<component>.``, measured from the component's own reference or, when the
        crowd sees none, from the disk, whose q is ``.around``; ``<component>.on``
        (NaN without reference);
        ``slider.<part>.<name>`` in slider units; ``arms`` (number of strokes).
    """
    row: dict[str, float] = {}
    for name in COMPONENTS:
        part, own = getattr(model, name), getattr(seen.model, name)
        row[f"{name}.drawn"] = float(part is not None)
        row[f"{name}.seen"] = float(own is not None)
        if part is None:
            continue
        found = measure_part(name, part, own or seen.model.disk)
        row[f"{name}.around"] = (own or seen.model.disk).q
        row |= {f"{name}.{k}": v for k, v in found.items()}
        row[f"{name}.on"] = float(on_target(name, found)) if own else np.nan
        row |= {f"slider.{k}": v for k, v in part_sliders(name, part).items()}
    row["arms"] = float(len(model.spiral))
    if model.spiral:
        row["slider.arm.I"] = model.spiral[0].I * RESIDUAL
        row["slider.spiral.falloff"] = model.spiral[0].falloff
    return row


def part_sliders(name: str, part: Sersic) -> dict[str, float]:
    """Return the positions of a component's sliders, ``<component>.<slider>``."""
    places = {"I": part.I * 2 * RESIDUAL, "n": part.n, "c": part.c}
    return {f"{name}.{k}": places[k] for k in DEFAULTS[name] if k != "scale"}


def measure_strokes(model: Model, seen: Seen) -> list[Stroke]:
    """Return the measured strokes of one volunteer, in the order drawn."""
    return [measure_stroke(arm.points, seen.model) for arm in model.spiral]
