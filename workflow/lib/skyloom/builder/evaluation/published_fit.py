"""The published fit of a subject, as it was rendered, from its decoded file.

``tuning.deparametrized`` is not what was rendered: its bar ``I`` is for a flux formula
with the boxyness factor R_c, which the renderer left out, and bulge and bar ``I`` are
re-scaled by a wrong spiral sum when there are arms. So this goes back to the
optimiser's own variables (``tuning.fit_model``) and to the stored sum of the rendered
spiral, which reproduces the stored images to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.model import COMPONENTS, Model, ModelError, from_dict, replace

INNER = ("bulge", "bar")  # which share a centre
PLACE = ("mux", "muy")


def published_fit(tree: Mapping) -> Model:
    """Return the published fit of a decoded file, in image units of the cutout.

    Parameters
    ----------
    tree : mapping
        From `skyloom.builder.drawings.upstream.read_upstream`.

    Raises
    ------
    ModelError
        If there is none, or one of its variables is missing or cannot be.
    """
    tuning = tree["tuning"]
    flat, sums = tuning.get("fit_model"), tuning.get("comp_sums")
    if not isinstance(flat, Mapping) or not isinstance(sums, Mapping):
        msg = "tuning: no published fit"
        raise ModelError(msg)
    groups, arms = _grouped(flat)
    disk = groups.get("disk", {})
    parts = {"disk": _sersic(disk)}
    for name in INNER:
        if name in groups:
            inner = dict(groups[name])
            size = _number(inner, name, "scale") * _number(disk, "disk", "Re")
            centre = {k: groups.get("centre", {}).get(k) for k in PLACE}
            parts[name] = _sersic(inner | centre | {"Re": size})
    unit = from_dict(parts | {"spiral": arms})
    light = {"disk": _number(disk, "disk", "L")}
    below = light["disk"] + _number({"spiral": 0.0, **sums}, "comp_sums", "spiral")
    for name in INNER:
        if name in groups:
            share = _number(groups[name], name, "frac")
            if not 0 <= share < 1:
                msg = f"{name}.frac: expected 0 to 1, got {share}"
                raise ModelError(msg)
            light[name] = share / (1 - share) * below
    # As upstream's renderer did: the flux formula without the boxyness factor.
    lit = {
        name: replace(part, I=light[name] / total_flux(replace(part, c=2.0)))
        for name, part in unit.components().items()
    }
    return replace(unit, **lit)


def _sersic(known: Mapping) -> dict:
    """Return a component of unit brightness, for `from_dict` to check."""
    keys = ("mux", "muy", "roll", "q", "Re", "n", "c")
    return {k: known[k] for k in keys if k in known} | {"I": 1.0}


def _grouped(flat: Mapping) -> tuple[dict[str, dict], list[dict]]:
    """Split ``disk.Re`` and ``spiral.A.0`` into components and a list of arms."""
    groups: dict[str, dict] = {name: {} for name in ("disk", "centre")}
    arms: dict[str, dict] = {}
    for key, value in flat.items():
        name, _, rest = key.partition(".")
        field, *number = rest.split(".")
        if name == "spiral" and number:
            arms.setdefault(number[0], {})[field] = value
        elif name in (*COMPONENTS, "centre"):
            groups.setdefault(name, {})[field] = value
    return groups, [arms[k] for k in sorted(arms, key=lambda k: (len(k), k))]


def _number(known: Mapping, name: str, field: str) -> float:
    value = known.get(field)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        msg = f"{name}.{field}: expected a number, got {str(value)[:40]!r}"
        raise ModelError(msg)
    return float(value)
