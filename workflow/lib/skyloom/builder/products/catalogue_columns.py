"""The catalogue's columns: names, units, UCDs and what each means.

UCDs follow the IVOA's controlled vocabulary UCD1+ 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MAX_ARMS = 4
FLAGS = {
    "no_image": "the subject has no image",
    "aggregate_failed": "the volunteers' drawings gave no model",
    "fit_failed": "no fit succeeded",
    "not_converged": "the chosen fit stopped short of its tolerance",
    "at_bound": "a parameter lies at a bound; see bounds_reached",
    "sigma_estimated": "no sigma image was given: it is built from sky and gain",
    "no_wcs": "no WCS: no position angles; the pixel scale is that of SDSS",
    "arms_left_out": f"more than {MAX_ARMS} arms: the shortest have no columns",
    "distance_uncertain": "redshift unknown, or below ten times a peculiar motion",
    "poor_fit": "reduced chi2 of the chosen fit above 3",
    "start_lost": "one of the two starts, agg or bi, gave no fit",
    "rotation_unknown": "unknown how the image was turned for the volunteers",
}

# Our column and the published one, repaired, in the same unit.
FRACTIONS = ("bulge_fraction", "bar_fraction", "spiral_fraction")
SHARED = ("mag", "disk_Re_arcsec", "disk_q", "bulge_q", "bulge_n", "bar_q", *FRACTIONS)
PUBLISHED = dict(zip(SHARED, SHARED, strict=True)) | {"chisq": "chisq_per_pixel"}
REPEATED = ("mag", "disk_Re_arcsec", "disk_q", "pitch_angle", *FRACTIONS, "chisq")

PHOT = "phot.mag;em.opt.R"
FLUX = "phot.flux.density;em.opt.R"
SHAPE = "src.morph.param"
SIZE = "phys.angSize.smajAxis"
ROLES = {"disk": "disk", "bulge": "bulge", "bar": "bar", "spiral": "spiral arms"}


class Column(NamedTuple):
    """One column: ``unit`` in FITS spelling, ``kind`` int, float or str."""

    name: str
    unit: str | None
    ucd: str
    kind: type
    description: str


def columns() -> list[Column]:
    """Return all columns, in the catalogue's order."""
    parts = [column for name in ROLES for column in _component(name)]
    return [*_identity(), *_photometry(), *parts, *_centre(), *_arms(), *_fit()]


def _measured(name, unit, ucd, description) -> Iterator[Column]:
    yield Column(name, unit, ucd, float, description)
    error = f"standard error of {name}; NaN if fixed or at a bound"
    yield Column(f"{name}_err", unit, f"stat.error;{ucd}", float, error)


def _words(name, ucd, description) -> Column:
    return Column(name, None, ucd, str, description)


def _count(name, description, ucd="meta.number", empty="-1: unknown") -> Column:
    return Column(name, None, ucd, int, f"{description}; {empty}")


def _identity() -> Iterator[Column]:
    yield Column("subject_id", None, "meta.id;meta.main", int, "Zooniverse subject")
    yield _words("iau_name", "meta.id", "IAU name from the NSA")
    yield _count("nsa_id", "NASA-Sloan Atlas id", "meta.id")
    yield Column("ra", "deg", "pos.eq.ra;meta.main", float, "right ascension, J2000")
    yield Column("dec", "deg", "pos.eq.dec;meta.main", float, "declination, J2000")
    yield Column("redshift", None, "src.redshift", float, "heliocentric redshift")
    text = "luminosity distance at ZDIST, the redshift without peculiar motion"
    yield Column("distance_mpc", "Mpc", "pos.distance", float, text)


def _fit() -> Iterator[Column]:
    text = "starting model of the chosen fit, the one of lower chi2: agg or bi"
    yield _words("start", "meta.code", f"{text}; empty: no fit")
    text = "status of the chosen fit: converged or max_evaluations"
    yield _words("status", "meta.code.status", text)
    yield _words(
        "reason", "meta.note", "reason why there is no fit; empty if there is one"
    )
    sources = {"": "of the chosen fit", "_agg": "from the aggregate"}
    for suffix, words in {**sources, "_bi": "from the best volunteer"}.items():
        text = f"reduced chi2 (N - k) {words}"
        yield Column(f"chisq{suffix}", None, "stat.fit.chi2", float, text)
    yield _count("n_pixels", "fitted pixels", empty="-1: none")
    yield _count("n_free", "free parameters", "stat.fit.dof", empty="-1: none")
    text = "source of the noise image: given or sky_and_gain"
    yield _words("sigma_source", "meta.code", text)
    bits = "; ".join(f"{1 << i} {name}" for i, name in enumerate(FLAGS))
    yield Column("flags", None, "meta.code.qual", int, f"quality flags, sum of {bits}")
    yield _words("bounds_reached", "meta.note", "parameters at a bound, by name")


def _photometry() -> Iterator[Column]:
    text = "nanomaggies (3.631 uJy, AB magnitude 22.5) in one image unit"
    yield Column("multiplier", None, "arith.factor", float, text)
    yield from _measured("mag", "mag", PHOT, "Pogson AB r magnitude of the model")
    yield from _measured("flux_nmgy", None, FLUX, "r flux of the model [nanomaggies]")


def _component(name: str) -> Iterator[Column]:
    role = ROLES[name]
    if name != "spiral":
        yield from _sersic(name, f"of the {role}")
    text = f"r flux of the {role} [nanomaggies]"
    yield from _measured(f"{name}_flux_nmgy", None, FLUX, text)
    text = f"flux of the {role} over the flux of all components"
    yield from _measured(f"{name}_fraction", None, "phot.flux;arith.ratio", text)
    yield _count(f"{name}_k", f"number of volunteers who agree on the {role}")
    yield _count(f"{name}_n_votes", "number of volunteers who were asked")
    text = f"probability that a volunteer draws the {role}"
    for suffix, bound in (("", ""), ("_low", ", lower end"), ("_high", ", upper end")):
        column = f"{name}_p{suffix}"
        yield Column(column, None, "stat.probability", float, text + bound)


def _sersic(name: str, text: str) -> Iterator[Column]:
    major = f"effective semi-major axis {text}"
    yield from _measured(f"{name}_Re_arcsec", "arcsec", SIZE, major)
    if name == "disk":
        yield Column("disk_Re_kpc", "kpc", "phys.size.smajAxis", float, major)
    yield from _measured(f"{name}_q", None, SHAPE, f"axis ratio b/a {text}")
    sky = f"position angle of the major axis {text}, north through east"
    yield from _measured(f"{name}_pa", "deg", "pos.posAng", sky)
    image = f"angle of the major axis {text}, counter-clockwise from the image's +y"
    yield Column(f"{name}_roll", "deg", "pos.posAng;instr.det", float, image)
    if name != "disk":
        yield from _measured(f"{name}_n", None, SHAPE, f"Sersic index {text}")
    if name == "bar":
        yield from _measured("bar_c", None, SHAPE, "boxyness of the bar; 2: ellipse")


def _centre() -> Iterator[Column]:
    for axis in "xy":
        text = f"offset of bulge and bar from the disk's centre, along image {axis}"
        ucd = f"pos.cartesian.{axis}"
        yield from _measured(f"centre_d{axis}_arcsec", "arcsec", ucd, text)


def _arms() -> Iterator[Column]:
    yield _count("n_arms", "arms that volunteers agree on; they miss faint ones")
    mean = "length-weighted mean pitch angle of the arms"
    yield from _measured("pitch_angle", "deg", SHAPE, mean)
    text = "standard deviation of the pitch angle among the arms, two or more"
    yield Column("pitch_angle_scatter", "deg", SHAPE, float, text)
    text = "+1: radius grows counter-clockwise on the image; -1: clockwise"
    yield _count("chirality", text, "meta.code", "0: mixed or no arms")
    for i in range(1, MAX_ARMS + 1):
        text = f"pitch angle of arm {i}, longest first"
        yield from _measured(f"arm{i}_pitch_angle", "deg", SHAPE, text)
        text = f"length of arm {i} on the image"
        yield Column(f"arm{i}_length_arcsec", "arcsec", "phys.angSize", float, text)
