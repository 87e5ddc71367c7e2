"""What a decoded upstream file says besides the drawings: models, arms and the fit.

``tuning.deparametrized`` is not what was rendered: its bar ``I`` is for a flux formula
with the boxyness factor R_c, which the renderer left out, and bulge and bar ``I`` are
re-scaled by a wrong spiral sum when there are arms. `published_fit` goes back to the
optimiser's own variables (``tuning.fit_model``) and to the stored sum of the rendered
spiral, and so reproduces the stored images to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.model import (
    COMPONENTS,
    Model,
    Sersic,
    SpiralArm,
    from_dict,
    replace,
)

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


def published_fit(tree: Mapping) -> Model:
    """Return the published fit as it was rendered (see the top of this module).

    Returns
    -------
    Model
        In image units of the cutout; bulge and bar share a centre.

    Raises
    ------
    KeyError
        When a variable that its components need is missing.
    """
    flat = _grouped(tree["tuning"]["fit_model"])
    disk = _fitted_disk(flat["disk"])
    below = flat["disk"]["L"] + float(tree["tuning"]["comp_sums"].get("spiral", 0.0))
    parts = {
        name: _fitted_part(flat[name], flat["centre"], disk, below)
        for name in ("bulge", "bar")
        if name in flat
    }
    return Model(disk=disk, **parts, spiral=_arms(flat.get("spiral", {})))


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


def _arms(arms: Mapping) -> tuple[SpiralArm, ...]:
    return tuple(SpiralArm(**tree) for tree in _arm_trees(arms))


def _fitted_disk(flat: Mapping) -> Sersic:
    keys = ("mux", "muy", "roll", "q", "Re")
    return _of_total(Sersic(**{k: flat[k] for k in keys}, I=1.0), flat["L"])


def _fitted_part(flat: Mapping, centre: Mapping, disk: Sersic, below: float) -> Sersic:
    total = flat["frac"] / (1 - flat["frac"]) * below
    keys = {k: flat[k] for k in ("roll", "q", "n", "c") if k in flat}
    size = flat["scale"] * disk.Re
    unit = Sersic(centre["mux"], centre["muy"], **keys, Re=size, I=1.0)
    return _of_total(unit, total)


def _of_total(unit: Sersic, total: float) -> Sersic:
    # As upstream's renderer did: the flux formula without the boxyness factor.
    return replace(unit, I=total / total_flux(replace(unit, c=2.0)))


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
