"""Comparison with the published Galaxy Builder catalogue and its fits.

Fits are compared on the same pixels; the catalogue has its defects repaired.

What is known to be wrong there, each found by recomputing stored data:

* ``flux`` and ``pogson_magnitude`` are in each image's own unit: the multiplier that
  turns it into nanomaggies is missing;
* ``bulge_Re_err`` and ``bar_Re_err`` are copies of the errors of q;
* a bar's light was taken without its boxyness when rendered and with it when
  catalogued, so its true light is the catalogued one over R_c;
* ``centre_dx`` and ``centre_dy``, documented as arcsec, are pixels.

Source: catalogue of Lingard et al. 2020, ApJ 900, 178; R_c: Peng et al. 2010, AJ 139,
2097, eq. 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from skyloom.builder.evaluation.repeatability import differences, presences
from skyloom.builder.fitting.flux import boxy_area
from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import Model
from skyloom.stats.intervals import one_share
from skyloom.stats.scatter import quantiles

PARTS = {name: f"{name}_fraction" for name in ("bulge", "bar", "spiral")}


def repaired_published(
    published: pd.DataFrame, multipliers: Mapping[int, float] | None = None
) -> pd.DataFrame:
    """Return galaxy-builder-catalogue.csv as published, repaired.

    Fractions are of the light rendered, lengths in pixels but ``disk_Re_arcsec``. From
    `multipliers`, nanomaggies per image unit by subject, come ``flux_nmgy`` and
    ``mag``: where unknown, NaN rather than wrong. What is wrong and cannot be mended
    is left out.
    """
    names = {"galaxy_builder_id": "subject_id", "chisq": "chisq_per_pixel"}
    names |= {"n_spirals": "n_arms"}
    drop = ["pogson_magnitude", "flux", "bulge_Re_err", "bar_Re_err"]
    table = published.drop(columns=drop).rename(columns=names)
    total, parts = _fractions(published)
    scale = table["subject_id"].map(dict(multipliers or {})).astype(float)
    table["flux_nmgy"] = published["flux"] * total * scale
    table["mag"] = 22.5 - 2.5 * np.log10(table["flux_nmgy"])
    table["disk_Re_arcsec"] = table["disk_Re"] * PIXEL
    return table.assign(**parts)


def compare_published(
    ours: pd.DataFrame, published: pd.DataFrame, columns: Mapping[str, str]
) -> dict:
    """Compare a catalogue of ours with the repaired published one.

    Parameters
    ----------
    ours : DataFrame
        ``subject_id``, the columns named below and ``bulge_fraction, bar_fraction,
        spiral_fraction``.
    published : DataFrame
        From `repaired_published`.
    columns : mapping
        Our column to the published one, same unit.

    Returns
    -------
    dict
        ``n`` subjects in common; ``parameters`` {our column: as
        `skyloom.builder.evaluation.repeatability.difference`, ours less published};
        ``presence`` {component: as `presence`, published first}.
    """
    named = {theirs: mine for mine, theirs in columns.items()}
    wanted = list(dict.fromkeys([*columns, *PARTS.values()]))  # without errors
    theirs = published.rename(columns=named).set_index("subject_id")[wanted]
    ours = ours.set_index("subject_id")
    first = theirs[theirs.index.isin(ours.index)]
    second = ours.loc[first.index]
    found = differences(first, second, columns)["parameters"]
    seen = presences(first, second, PARTS)
    return {"n": len(first), "parameters": found, "presence": seen}


def chisq_of_both(ours: Model, published: Model, cutout) -> dict[str, float]:
    """Return chi2 per good pixel of two models of one galaxy: ``ours, published``.

    Both have the same image, sigma, mask and PSF. What the published fit cannot help
    is forgiven: its brightness is scaled to this image, as it was fitted to frames
    and not to their mosaic, and its PSF may be flipped, as its authors correlated
    images with it; the better counts.
    """
    # Compiled code, which tables need not load.
    from skyloom.builder.fitting.render import render  # noqa: PLC0415

    good = ~cutout.mask
    weight = 1 / cutout.sigma[good]
    data = cutout.image[good] * weight

    def seen(model: Model, psf: np.ndarray) -> np.ndarray:
        return render(model, cutout.image.shape, psf)[good] * weight

    def chisq(image: np.ndarray) -> float:
        return float(np.mean((image - data) ** 2))

    theirs = (seen(published, psf) for psf in (cutout.psf, cutout.psf[::-1, ::-1]))
    scaled = [image * (data @ image) / ((image @ image) or 1.0) for image in theirs]
    mine = chisq(seen(ours, cutout.psf))
    return {"ours": mine, "published": min(map(chisq, scaled))}


def compare_chisq(rows: Iterable[Mapping]) -> dict:
    """Return how often our fits are no worse than the published ones.

    Parameters
    ----------
    rows : iterable of mapping
        From `chisq_of_both`, of galaxies that have both.

    Returns
    -------
    dict
        ``n``; ``no_worse``, the share of galaxies whose chi2 is not above the
        published, with its interval; ``ratio``, quantiles of ours over the published,
        None without a galaxy.
    """
    values = np.array([[row["ours"], row["published"]] for row in rows]).reshape(-1, 2)
    ours, published = values.T
    ratio = quantiles(ours / published) if len(ours) else None
    share = one_share(int((ours <= published).sum()), len(ours))
    return {"n": len(ours), "no_worse": share, "ratio": ratio}


def _fractions(published: pd.DataFrame) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Return all light as rendered over as catalogued, and the parts of the former."""
    true_bar = published["bar_fraction"] / boxy_area(published["bar_c"])
    total = 1 + (true_bar - published["bar_fraction"]).fillna(0.0)
    parts = {key: published[key] / total for key in PARTS.values()}
    return total, parts | {"bar_fraction": true_bar / total}
