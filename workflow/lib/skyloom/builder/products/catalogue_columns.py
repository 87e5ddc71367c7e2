"""The catalogue's columns: names, units, UCDs and what each means.

UCDs follow the IVOA's controlled vocabulary UCD1+ 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from skyloom.builder.fitting.priors import POPULATION
from skyloom.builder.model import MOST_ARMS
from skyloom.builder.products.catalogue_flags import FLAGS, USES, spoilers

# Our column and the published one, repaired, in the same unit.
FRACTIONS = ("bulge_fraction", "bar_fraction", "spiral_fraction")
SHARED = ("mag", "disk_Re_arcsec", "disk_q", "bulge_q", "bulge_n", "bar_q", *FRACTIONS)
PUBLISHED = dict(zip(SHARED, SHARED, strict=True)) | {"chisq": "chisq_per_pixel"}
REPEATED = ("mag", "disk_Re_arcsec", "disk_q", "pitch_angle", *FRACTIONS, "chisq")
JOINT = ("mag", "disk_Re_arcsec", "disk_q", "disk_pa", *FRACTIONS)  # of the covariance

PHOT = "phot.mag;em.opt.R"
SURFACE = "phot.mag.sb;em.opt.R"
FLUX = "phot.flux.density;em.opt.R"
SHAPE = "src.morph.param"
SIZE = "phys.angSize.smajAxis"
ANGLE = "pos.posAng"
PROBABILITY = "stat.probability"
ROLES = {"disk": "disk", "bulge": "bulge", "bar": "bar", "spiral": "spiral arms"}
SOURCES = {"agg": "from the aggregate", "bi": "from the best volunteer"}


class Column(NamedTuple):
    """One column: ``unit`` in FITS spelling, ``kind`` int, float, bool or str."""

    name: str
    unit: str | None
    ucd: str
    kind: type
    description: str
    shape: tuple[int, ...] = ()  # of one row's value


def columns() -> list[Column]:
    """Return all columns, in the catalogue's order."""
    parts = [column for name in ROLES for column in _component(name)]
    arms = [column for i in range(1, MOST_ARMS + 1) for column in _arm(i)]
    return [
        *_identity(), *_quality(), *_photometry(), *parts, *_centre(), *_arms(), *arms,
        *_fit(), *_starts(),
    ]  # fmt: skip


def _measured(name, unit, ucd, description, error_unit=None) -> Iterator[Column]:
    yield Column(name, unit, ucd, float, description)
    error = f"standard error of {name}; NaN if fixed or unknown"
    yield Column(f"{name}_err", error_unit or unit, f"stat.error;{ucd}", float, error)


def _plain(name, unit, ucd, description) -> Column:
    return Column(name, unit, ucd, float, description)


def _words(name, ucd, description) -> Column:
    return Column(name, None, ucd, str, description)


def _count(name, description, ucd="meta.number", empty="-1: unknown") -> Column:
    return Column(name, None, ucd, int, f"{description}; {empty}")


def _identity() -> Iterator[Column]:
    yield Column("subject_id", None, "meta.id;meta.main", int, "Zooniverse subject")
    yield _words("iau_name", "meta.id", "IAU name from the NSA")
    yield _count("nsa_id", "NASA-Sloan Atlas id", "meta.id")
    yield _plain("ra", "deg", "pos.eq.ra;meta.main", "right ascension, J2000")
    yield _plain("dec", "deg", "pos.eq.dec;meta.main", "declination, J2000")
    yield _plain("redshift", None, "src.redshift", "heliocentric redshift")
    text = "luminosity distance at ZDIST, the redshift without peculiar motion"
    yield _plain("distance_mpc", "Mpc", "pos.distance", text)
    text = "Galactic extinction in r, column EXTINCTION of gal-metadata.csv; NaN: none"
    yield _plain("A_r", "mag", "phys.absorption.gal;em.opt.R", text)


def _quality() -> Iterator[Column]:
    text = "components of the model, as disk+bulge+arms; empty: no fit"
    yield _words("components", "meta.code.class", text)
    text = "weight of this set of components among all that were fitted"
    yield _plain("weight", None, PROBABILITY, text)
    bits = "; ".join(
        f"{1 << i} {name}: {text}" for i, (name, text) in enumerate(FLAGS.items())
    )
    yield Column("flags", None, "meta.code.qual", int, f"quality flags, sum of: {bits}")
    for name, column in USES.items():
        text = f"{column} may be used: it and its error are known, and of the flags"
        text = f"{text} none of {', '.join(spoilers(name))} is raised"
        yield Column(f"use_{name}", None, "meta.code.qual", bool, text)


def _fit() -> Iterator[Column]:
    text = "of the starts agg and bi the one whose single fit has the lower chi2"
    yield _words("start", "meta.code", f"{text}; empty: no fit")
    text = "status of the fit of the chosen set: converged, max_evaluations or failed"
    yield _words("status", "meta.code.status", text)
    text = "reason why there is no fit; empty if there is one"
    yield _words("reason", "meta.note", text)
    text = "reduced chi2 (N - k) of the chosen set"
    yield _plain("chisq", None, "stat.fit.chi2", text)
    yield _count("n_pixels", "fitted pixels", empty="-1: none")
    yield _count("n_free", "free parameters", "stat.fit.dof", empty="-1: none")
    text = "source of the noise image: given or sky_and_gain"
    yield _words("sigma_source", "meta.code", text)
    yield _words("bounds_reached", "meta.note", "parameters at a bound, by name")
    side = len(JOINT)
    text = f"covariance of {', '.join(JOINT)}, in this order and their units; NaN where"
    text = f"{text} one is absent or has no error"
    yield Column("covariance", None, "stat.covariance", float, text, (side, side))


def _starts() -> Iterator[Column]:
    for start, words in SOURCES.items():
        text = f"of the single fit {words}"
        chisq = f"reduced chi2 (N - k) {text}"
        yield _plain(f"chisq_{start}", None, "stat.fit.chi2", chisq)
        yield from _measured(f"{start}_mag", "mag", PHOT, f"AB r magnitude {text}")
        name = f"{start}_disk_Re_arcsec"
        major = f"effective semi-major axis of the disk {text}"
        yield from _measured(name, "arcsec", SIZE, major)
        ratio = f"axis ratio b/a of the disk {text}"
        yield from _measured(f"{start}_disk_q", None, SHAPE, ratio)


def _photometry() -> Iterator[Column]:
    text = "nanomaggies (3.631 uJy, AB magnitude 22.5) in one image unit"
    yield _plain("multiplier", None, "arith.factor", text)
    text = "Pogson AB r magnitude of the model, not corrected for extinction"
    yield from _measured("mag", "mag", PHOT, text)
    yield from _measured("flux_nmgy", None, FLUX, "r flux of the model [nanomaggies]")
    text = "absolute r magnitude at distance_mpc, less A_r where that is known; no"
    text = f"{text} k-correction is applied; the error holds a motion of 300 km/s"
    yield from _measured("M_r", "mag", "phys.magAbs;em.opt.R", text)


def _component(name: str) -> Iterator[Column]:
    role = ROLES[name]
    if name != "disk":
        text = f"probability of the {role}, by crowd and image together"
        yield _plain(f"{name}_probability", None, PROBABILITY, text)
    if name != "spiral":
        yield from _sersic(name, f"of the {role}")
    text = f"r flux of the {role} [nanomaggies]"
    yield from _measured(f"{name}_flux_nmgy", None, FLUX, text)
    text = f"AB r magnitude of the {role}, not corrected for extinction"
    yield from _measured(f"{name}_mag", "mag", PHOT, text)
    text = f"flux of the {role} over the flux of all components"
    yield from _measured(f"{name}_fraction", None, "phot.flux;arith.ratio", text)
    yield _count(f"{name}_k", f"number of volunteers who agree on the {role}")
    yield _count(f"{name}_n_votes", "number of volunteers who were asked")
    text = f"probability that a volunteer draws the {role}"
    for suffix, bound in (("", ""), ("_low", ", lower end"), ("_high", ", upper end")):
        yield _plain(f"{name}_p{suffix}", None, PROBABILITY, text + bound)


def _prior(name: str) -> str:
    """Return in words what the fit is told of a parameter beforehand."""
    if name not in POPULATION:
        return ""
    median, width, unit = POPULATION[name]
    of = {None: "", "disk.Re": " disk_Re"}[unit]
    return f"; prior: log-normal, median {median:g}{of}, width {width:g} in ln"


def _sersic(name: str, text: str) -> Iterator[Column]:
    major = f"effective semi-major axis {text}{_prior(f'{name}.Re')}"
    yield from _measured(f"{name}_Re_arcsec", "arcsec", SIZE, major)
    if name == "disk":
        yield _plain("disk_Re_kpc", "kpc", "phys.size.smajAxis", major)
    ratio = f"axis ratio b/a {text}{_prior(f'{name}.q')}"
    yield from _measured(f"{name}_q", None, SHAPE, ratio)
    sky = f"position angle of the major axis {text}, north through east"
    yield from _measured(f"{name}_pa", "deg", ANGLE, sky)
    image = f"angle of the major axis {text}, counter-clockwise from the image's +y"
    yield _plain(f"{name}_roll", "deg", f"{ANGLE};instr.det", image)
    if name != "disk":
        index = f"Sersic index {text}{_prior(f'{name}.n')}"
        yield from _measured(f"{name}_n", None, SHAPE, index)
    if name == "bar":
        boxy = f"boxyness of the bar; 2: ellipse{_prior('bar.c')}"
        yield from _measured("bar_c", None, SHAPE, boxy)
    for key, where in (("e", "at Re"), ("0", "at the centre, before the PSF")):
        mu = f"r surface brightness {text} {where}, not corrected for extinction"
        yield from _measured(f"{name}_mu_{key}", "mag/arcsec2", SURFACE, mu)


def _centre() -> Iterator[Column]:
    for name, words in (("ra", "right ascension"), ("dec", "declination")):
        text = f"{words} of the fitted centre, of the disk if there is one; as good as"
        text = f"{text} the image's place, which no error holds; error on the sky"
        ucd = f"pos.eq.{name}"
        yield from _measured(f"{name}_fit", "deg", ucd, text, "arcsec")
    text = "distance of the fitted centre from ra, dec or from the image's middle, of"
    text = f"{text} which the nearer counts"
    yield _plain("off_centre_arcsec", "arcsec", "pos.angDistance", text)
    for axis in "xy":
        text = f"offset of bulge and bar from the disk's centre, along image {axis}"
        ucd = f"pos.cartesian.{axis}"
        yield from _measured(f"centre_d{axis}_arcsec", "arcsec", ucd, text)


def _arms() -> Iterator[Column]:
    yield _count("n_arms", "arms of the model", empty="-1: no fit")
    text = "arms that volunteers agree on; they miss faint ones"
    yield _count("n_arms_crowd", text)
    mean = "length-weighted mean pitch angle of the arms, from crowd and image together"
    yield from _measured("pitch_angle", "deg", SHAPE, mean)
    text = "standard deviation of the pitch angle among the arms, two or more"
    yield _plain("pitch_angle_scatter", "deg", SHAPE, text)
    text = "+1: radius grows counter-clockwise on the image; -1: clockwise"
    yield _count("chirality", text, "meta.code", "0: mixed or no arms")


def _arm(i: int) -> Iterator[Column]:
    arm = f"of arm {i}, longest first"
    text = f"pitch angle {arm}, from crowd and image together"
    yield from _measured(f"arm{i}_pitch_angle", "deg", SHAPE, text)
    for kind, words in (("crowd", "from the volunteers"), ("fit", "from the image")):
        text = f"pitch angle {arm}, {words} alone; error without a systematic part"
        yield from _measured(f"arm{i}_pitch_angle_{kind}", "deg", SHAPE, text)
    yield _plain(f"arm{i}_probability", None, PROBABILITY, f"probability {arm}")
    text = f"Gaussian width {arm}, across it on the image{_prior('spiral.spread')}"
    yield from _measured(f"arm{i}_width_arcsec", "arcsec", "phys.angSize", text)
    text = f"brightness of the ridge {arm}, over the disk's there"
    yield from _measured(f"arm{i}_brightness", None, "phot.flux;arith.ratio", text)
    text = f"length {arm}, on the image"
    yield _plain(f"arm{i}_length_arcsec", "arcsec", "phys.angSize", text)
    for key, end in (("start", "inner"), ("end", "outer")):
        text = f"radius of the {end} end {arm}, in the disk's plane"
        yield _plain(f"arm{i}_{key}_radius_arcsec", "arcsec", "phys.angSize", text)
        text = (
            f"polar angle of the {end} end {arm}, in the disk's plane, from the minor"
        )
        text = f"{text} axis at disk_roll - 90 deg, counter-clockwise on the image"
        yield _plain(f"arm{i}_{key}_angle", "deg", ANGLE, text)
    yield _words(f"arm{i}_flags", "meta.code.qual", f"what speaks against arm {i}")
