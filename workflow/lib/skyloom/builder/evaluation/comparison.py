"""Comparison with the published Galaxy Builder catalogue, its defects repaired.

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

from collections.abc import Mapping

import numpy as np
import pandas as pd

from skyloom.builder.evaluation.repeatability import difference, is_present, presence
from skyloom.builder.fitting.flux import boxy_area
from skyloom.builder.images.astrometry import PIXEL

PARTS = {
    "bulge": "bulge_fraction",
    "bar": "bar_fraction",
    "spiral": "spiral_fraction",
}


def repaired_published(
    published: pd.DataFrame, multipliers: Mapping[int, float] | None = None
) -> pd.DataFrame:
    """Repair the published catalogue.

    Parameters
    ----------
    published : DataFrame
        galaxy-builder-catalogue.csv as published.
    multipliers : mapping, optional
        Nanomaggies per image unit by subject. Where unknown, ``flux_nmgy`` and
        ``mag`` are NaN rather than wrong.

    Returns
    -------
    DataFrame
        ``subject_id, is_validation, chisq_per_pixel, flux_nmgy, mag, disk_Re,
        disk_q, bulge_*, bar_*`` (lengths [px], with the errors that are right),
        ``disk_Re_arcsec``,
        ``centre_dx, centre_dy`` [px], ``bulge_fraction, bar_fraction,
        spiral_fraction`` of the light rendered, ``n_arms`` and ``pitch_angle_0`` to
        ``_3`` [deg].
    """
    names = {
        "galaxy_builder_id": "subject_id",
        "chisq": "chisq_per_pixel",
        "n_spirals": "n_arms",
    }
    drop = ["pogson_magnitude", "flux", "bulge_Re_err", "bar_Re_err"]
    table = published.drop(columns=drop).rename(columns=names)
    flux = published["flux"] * _scaled_bar(published)
    scale = table["subject_id"].map(dict(multipliers or {})).astype(float)
    table["flux_nmgy"] = flux * scale
    table["mag"] = 22.5 - 2.5 * np.log10(table["flux_nmgy"])
    table["disk_Re_arcsec"] = table["disk_Re"] * PIXEL
    return table.assign(**_fractions(published))


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
    both = published.merge(ours, on="subject_id", suffixes=("_published", ""))
    return {
        "n": len(both),
        "parameters": {
            mine: difference(_published(both, theirs, ours), both[mine])
            for mine, theirs in columns.items()
        },
        "presence": {
            name: presence(
                is_present(_published(both, key, ours)), is_present(both[key])
            )
            for name, key in PARTS.items()
        },
    }


def _published(both: pd.DataFrame, name: str, ours: pd.DataFrame) -> pd.Series:
    return both[f"{name}_published" if name in ours else name]


def _bar_excess(published: pd.DataFrame) -> pd.Series:
    """Light of the bar as rendered over as catalogued, less one; 0 without a bar."""
    excess = 1 / boxy_area(published["bar_c"].fillna(2.0)) - 1
    return published["bar_fraction"].fillna(0.0) * excess


def _scaled_bar(published: pd.DataFrame) -> pd.Series:
    """Total light as rendered over as catalogued."""
    return 1 + _bar_excess(published)


def _fractions(published: pd.DataFrame) -> dict[str, pd.Series]:
    total = _scaled_bar(published)
    true_bar = published["bar_fraction"] / boxy_area(published["bar_c"])
    return {
        "bulge_fraction": published["bulge_fraction"] / total,
        "bar_fraction": true_bar / total,
        "spiral_fraction": published["spiral_fraction"] / total,
    }
