"""What a decoded upstream file says of aggregates and arms besides the drawings."""

from __future__ import annotations

import math
from collections.abc import Mapping

from skyloom.builder.model import COMPONENTS, Model, Sersic, from_dict

ARM_FIELDS = ("I", "spread", "A", "phi", "t_min", "t_max")


def published_aggregate(tree: Mapping) -> Model:
    """Return the published aggregate, as published (no half pixel taken off)."""
    return _flat_model(tree["aggregate"])


def published_errors(tree: Mapping) -> dict:
    """Return the published widths by component; None where there was no prior."""
    flat = _grouped(tree["errors"])
    return {
        name: {k: v if math.isfinite(v) else None for k, v in flat[name].items()}
        if name in flat
        else None
        for name in COMPONENTS
    }


def published_masks(tree: Mapping) -> dict[str, list[bool]]:
    """Return cluster membership by component, one bool a volunteer."""
    clusters = {k: set(tree["clusters"].get(k) or ()) for k in COMPONENTS}
    return {k: [i in members for i in tree["index"]] for k, members in clusters.items()}


def published_arms(tree: Mapping) -> list[dict]:
    """Return the published arms in the form of ``aggregates/<id>.json``.

    ``pitch_angle_err`` repairs the published ``sigma_pa``, which took the variance of
    the slope for its standard deviation: ``sd(b) / (1 + b^2)`` [deg].
    """
    return [_published_arm(arm) for arm in tree["arms"]]


def _grouped(flat: Mapping) -> dict:
    """``{"disk.Re": 1, "spiral.A.0": 2}`` to ``{"disk": {"Re": 1}, ...}``."""
    groups: dict = {}
    for key, value in flat.items():
        name, *rest = key.split(".")
        place = groups.setdefault(name, {})
        if len(rest) == 2:
            place = place.setdefault(int(rest[1]), {})
        place[rest[0]] = value
    return groups


def _flat_model(flat: Mapping) -> Model:
    groups = _grouped(flat)
    parts = {k: _known(groups[k], Sersic) for k in COMPONENTS if k in groups}
    return from_dict({**parts, "spiral": _arm_trees(groups.get("spiral", {}))})


def _known(tree: Mapping, cls) -> dict:
    return {k: v for k, v in tree.items() if k in cls.__dataclass_fields__}


def _arm_trees(arms: Mapping) -> list[dict]:
    return [{k: arms[i][k] for k in ARM_FIELDS} for i in sorted(arms)]


def _published_arm(arm: Mapping) -> dict:
    slope, variance = arm["coef"][1], arm["sigma"][1][1]
    error = math.degrees(math.sqrt(max(variance, 0.0)) / (1 + slope**2))
    return {
        "pitch_angle": abs(arm["pa"]),
        "pitch_angle_err": error,
        "chirality": int(arm["chirality"]),
        "A": arm["A"],
        "coef": arm["coef"],
        "covariance": arm["sigma"],
        "length": arm["length"],
        "t_min": arm["t_min"],
        "t_max": arm["t_max"],
        "n_lines": arm["n_lines"],
        "n_points": arm["n_points"],
        "n_kept": arm["n_kept"],
        "line": arm["line"],
    }
