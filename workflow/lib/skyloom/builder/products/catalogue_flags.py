"""The catalogue's flags, and which quantities each of them spoils.

One table: a flag's meaning says its rule, which sees the subject and the other columns
of its row. A comparison with what is absent, NaN, is false.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from skyloom.builder.model import MOST_ARMS
from skyloom.builder.products.subject import Subject

FAR, SEPARATED = 2.0, 2.0  # arcsec
ROUND, RIVAL, BRIGHT_ARMS, EVEN = 0.95, 0.8, 0.6, 0.5
POOR_CHISQ, TIGHT = 3.0, 3.0
UNTOLD = ("n", "c", "I")  # of which a bound says little, or has a flag of its own
NEAR = 0.01  # redshift: ten times a peculiar motion of 300 km/s

# A quantity and the column that it stands for.
USES = {
    "mag": "mag",
    "disk_Re": "disk_Re_arcsec",
    "disk_q": "disk_q",
    "disk_pa": "disk_pa",
    "bulge": "bulge_fraction",
    "bar": "bar_fraction",
    "arms": "spiral_fraction",
    "pitch_angle": "pitch_angle",
}
ALL = tuple(USES)
DISK = ("disk_Re", "disk_q", "disk_pa")
SPIRAL = ("arms", "pitch_angle")
INNER = ("bulge", "bar")


class Flag(NamedTuple):
    """One flag: what it means, when it is raised, and what must not be used then."""

    meaning: str
    raised: Callable[[Subject, Mapping], bool]
    spoils: tuple[str, ...] = ()


def _above(column: str, limit: float):
    return lambda _, row: row.get(column, math.nan) > limit


def _bound(part: str):
    def raised(_, row):
        reached = [name.split(":")[0] for name in row.get("bounds_reached", "").split()]
        # Light and size hardly hang on n and c, of which images tell little.
        told = [name for name in reached if name.rsplit(".", 1)[-1] not in UNTOLD]
        return any(name.startswith(f"{part}.") for name in told)

    others = "their brightness" if part == "spiral" else "n and c"
    return f"of the {part} a parameter other than {others} lies at a bound", raised


def _turned(part: str):
    def raised(subject, row):
        lost = f"{part}_roll" in row and math.isnan(row.get(f"{part}_pa", math.nan))
        return row.get(f"{part}_q", 0) > ROUND or (subject.wcs is not None and lost)

    text = f"position angle of the {part} unreliable: q above {ROUND}"
    return f"{text}, or an error above 52 deg, that of any angle; then NaN", raised


def _doubtful(part: str, words: str):
    def raised(_, row):
        return f"{part}_fraction" in row and row.get(f"{part}_probability", 1) < EVEN

    return f"{words} in the model, of probability below {EVEN}", raised


def _small(part: str):
    def raised(subject, row):
        half = subject.fwhm * subject.scale / 2
        return row.get(f"{part}_Re_arcsec", math.nan) < half

    return f"{part} unresolved: Re below half the FWHM of the PSF", raised


def _apart(_, row) -> bool:
    offset = [row.get(f"centre_d{axis}_arcsec", math.nan) for axis in "xy"]
    return math.hypot(*offset) > SEPARATED


def _rival(_, row) -> bool:
    bulge, disk = (row.get(f"{n}_Re_arcsec", math.nan) for n in ("bulge", "disk"))
    return bulge > RIVAL * disk


def _arms(row: Mapping, name: str) -> list:
    columns = (f"arm{i}_{name}" for i in range(1, MOST_ARMS + 1))
    return [row[column] for column in columns if column in row]


# The place of a flag is its bit: new ones come last.
RULES = {
    "no_image": Flag("the subject has no image", lambda s, _: not s.has_image),
    "aggregate_failed": Flag(
        "the volunteers' drawings gave no model",
        lambda s, _: (s.aggregate or {}).get("status") != "ok",
    ),
    "fit_failed": Flag("no fit succeeded", lambda s, _: not s.fitted, ALL),
    "not_converged": Flag(
        "the fit of the chosen set stopped short of its tolerance",
        lambda s, _: s.fitted and s.fit["status"] != "converged",
        ALL[1:],
    ),
    "at_bound": Flag(
        "a parameter lies at a bound; see bounds_reached",
        lambda _, row: bool(row.get("bounds_reached")),
    ),
    "sigma_estimated": Flag(
        "no sigma image was given: it is built from sky and gain",
        lambda _, row: row.get("sigma_source", "given") != "given",
    ),
    "no_wcs": Flag(
        "no WCS: no position angles; the pixel scale is that of SDSS",
        lambda s, _: s.wcs is None,
        ("disk_pa",),
    ),
    "arms_at_brightest": Flag(
        "an arm is as bright as is allowed: spiral_fraction may be too low",
        lambda _, row: any(
            name.startswith("spiral.") and name.endswith(".I:upper")
            for name in row.get("bounds_reached", "").split()
        ),
        ("arms",),
    ),
    "distance_uncertain": Flag(
        "redshift unknown, or below ten times a peculiar motion",
        lambda s, _: not s.known("ZDIST") > NEAR,
    ),
    "poor_fit": Flag(
        f"reduced chi2 of the chosen set above {POOR_CHISQ:g}",
        _above("chisq", POOR_CHISQ),
        INNER,
    ),
    "start_lost": Flag(
        "one of the two starts, agg or bi, gave no fit",
        lambda s, _: s.fitted and not all(t["model"] for t in s.tuned.values()),
    ),
    "rotation_unknown": Flag(
        "unknown how the image was turned for the volunteers",
        lambda s, _: not s.rotation_known,
        ("disk_pa",),
    ),
    "disk_at_bound": Flag(*_bound("disk"), DISK),
    "bulge_at_bound": Flag(*_bound("bulge"), ("bulge",)),
    "bar_at_bound": Flag(*_bound("bar"), ("bar",)),
    "arms_at_bound": Flag(*_bound("spiral"), SPIRAL),
    "disk_pa_unreliable": Flag(*_turned("disk"), ("disk_pa",)),
    "bulge_pa_unreliable": Flag(*_turned("bulge")),
    "bar_pa_unreliable": Flag(*_turned("bar"), ("bar",)),
    "bulge_unresolved": Flag(*_small("bulge"), ("bulge",)),
    "bar_unresolved": Flag(*_small("bar"), ("bar",)),
    "off_centre": Flag(
        f"off_centre_arcsec above {FAR:g}: perhaps another object",
        _above("off_centre_arcsec", FAR),
        ALL[1:],
    ),
    "centres_apart": Flag(
        f"centre of bulge and bar more than {SEPARATED:g} arcsec off the disk's",
        _apart,
        INNER,
    ),
    "arms_too_bright": Flag(
        f"spiral_fraction above {BRIGHT_ARMS}: the arms stand in for the disk",
        _above("spiral_fraction", BRIGHT_ARMS),
        ("disk_Re", "disk_q", "arms"),
    ),
    "bulge_rivals_disk": Flag(
        f"Re of the bulge above {RIVAL} of the disk's", _rival, (*DISK, *INNER)
    ),
    "seam": Flag(
        "an image row or column stands off from its neighbours, or has a run of equal"
        " pixels, and is not masked",
        lambda s, _: s.has_seam,
        (*INNER, *SPIRAL),
    ),
    "set_uncertain": Flag(
        f"weight of the chosen set of components below {EVEN}",
        lambda _, row: row.get("weight", math.nan) < EVEN,
    ),
    "bulge_doubtful": Flag(*_doubtful("bulge", "a bulge"), ("bulge",)),
    "bar_doubtful": Flag(*_doubtful("bar", "a bar"), ("bar",)),
    "arms_doubtful": Flag(*_doubtful("spiral", "arms"), SPIRAL),
    "arms_flagged": Flag(
        "an arm has flags of its own; see arm1_flags to arm4_flags",
        lambda _, row: any(_arms(row, "flags")),
        SPIRAL,
    ),
    "arms_nearly_round": Flag(
        f"pitch angle of an arm below {TIGHT:g} deg: a ring rather than an arm",
        lambda _, row: any(pitch < TIGHT for pitch in _arms(row, "pitch_angle")),
        SPIRAL,
    ),
    "arms_wind_both_ways": Flag(
        "arms of the model wind in opposite directions",
        lambda _, row: row.get("n_arms", 0) > 1 and row.get("chirality") == 0,
        ("pitch_angle",),
    ),
}
FLAGS = {name: flag.meaning for name, flag in RULES.items()}


def spoilers(quantity: str) -> list[str]:
    """Return the flags with which a quantity is not to be used."""
    return [name for name, flag in RULES.items() if quantity in flag.spoils]


def flags(subject: Subject, row: Mapping) -> dict:
    """Return the sum of the flags' bits, and whether each quantity may be used."""
    raised = {name for name, flag in RULES.items() if flag.raised(subject, row)}
    out = {"flags": sum(1 << i for i, name in enumerate(RULES) if name in raised)}
    for quantity, column in USES.items():
        known = [row.get(name, math.nan) for name in (column, f"{column}_err")]
        usable = all(map(math.isfinite, known))
        out[f"use_{quantity}"] = usable and not raised & {*spoilers(quantity)}
    return out
