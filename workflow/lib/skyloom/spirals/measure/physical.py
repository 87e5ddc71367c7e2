"""Lengths in kpc and in the plane of the disk."""

from __future__ import annotations

import numpy as np

from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.spirals.measure.bars import Bar
from skyloom.spirals.measure.ellipse import Ellipse

THICKNESS = 0.2  # of a disk: thickness over diameter


def kpc_per_arcsec(redshift: float) -> float:
    """Return the length that an arcsec is at a redshift; NaN where none is known."""
    if not redshift > 0:
        return np.nan
    return float(1000.0 / arcsec_per_mpc(redshift))


def cos_inclination(ratio: float) -> float:
    """Return the cosine of a disk's inclination, from its axis ratio.

    Source: Hubble 1926, ApJ 64, 321, with a thickness of `THICKNESS`.
    """
    thin = (max(ratio, THICKNESS) ** 2 - THICKNESS**2) / (1 - THICKNESS**2)
    return float(np.sqrt(thin))


def deprojected_length(bar: Bar, disk: Ellipse | None) -> tuple[float, float]:
    """Return the length of a bar in the plane of its disk, and its error [px].

    A bar is taken as a line at an angle to the line of nodes, which is the disk's major
    axis. Errors of both are added in squares. NaN for disks within a few degrees of
    edge-on.

    Source: Martin 1995, AJ 109, 2428, section 2.
    """
    if disk is None or cos_inclination(disk.ratio) < 0.1:
        return np.nan, np.nan
    values = np.array([bar.length, bar.angle, disk.angle, disk.ratio])
    errors = [bar.length_err, bar.angle_err, disk.angle_err, disk.ratio_err]
    steps = np.diag(errors)
    change = [_in_plane(values + step) - _in_plane(values - step) for step in steps]
    return _in_plane(values), float(np.sqrt(((np.array(change) / 2) ** 2).sum()))


def _in_plane(values: np.ndarray) -> float:
    length, angle, nodes, ratio = values
    off = np.radians(angle - nodes)
    across = np.sin(off) / max(cos_inclination(min(ratio, 1.0)), 0.1)
    return float(length * np.hypot(np.cos(off), across))
