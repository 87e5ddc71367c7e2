"""Models for other programs: DS9 regions and GALFIT input files.

Both count pixels from 1; everything else here counts from 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from astropy.wcs import WCS

from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import Model, Sersic, SpiralArm
from skyloom.builder.products import outlines
from skyloom.builder.products.photometry import ZERO_POINT, magnitude
from skyloom.io.errors import DatumError
from skyloom.sky.geometry import pixel_scale, plane_matrix

COLOURS = {"disk": "blue", "bulge": "red", "bar": "orange", "spiral": "green"}
REGION_HEADER = """\
# Region file format: DS9 version 4.1
global width=2 font='helvetica 10 normal roman' select=1 edit=1 move=1
"""
ARM_POINTS = 41
HALF_TURN = 180.0
GALFIT_ARMS = """\
#
# WARNING: THE MODEL HAS SPIRAL ARMS, AND GALFIT CANNOT REPRESENT THEM.
# Each arm brightens the disk along a ridge; GALFIT's coordinate rotation
# (R0) winds a whole component instead. The objects below leave the light
# of the arms out, so that the model is too faint by it. The arms were:
"""
GALFIT_SKY = """
# Object number: {i} (sky, taken off the image before)
 0) sky                    # Object type
 1) 0.0 0     # Sky background at center of fitting region [ADUs]
 2) 0.0 0     # dsky/dx [ADUs/pix]
 3) 0.0 0     # dsky/dy [ADUs/pix]
 Z) 0                      # Output option
"""


def ds9_regions(model: Model, wcs: WCS | None = None) -> str:
    """Return a DS9 region file of a model.

    Disk and bulge are ellipses at Re, the bar a box of half-length Re, each arm a
    chain of lines that share a tag.

    Parameters
    ----------
    wcs : WCS, optional
        Write sky positions (fk5, ICRS to well below a pixel) and arcsec; otherwise
        image pixels, counted from 1.

    Source: DS9 reference manual, "Region File Format".
    """
    frame = "image" if wcs is None else "fk5"
    lines = []
    for name, part in model.components().items():
        lines.append(f"{_region(name, part, wcs)} # {_label(name, name)}")
    for i, arm in enumerate(model.spiral if model.disk else ()):
        points = _positions(outlines.arm_line(model.disk, arm, ARM_POINTS), wcs)
        text = _label("spiral", f"arm {i}")
        for (x0, y0), (x1, y1) in pairwise(points):
            lines.append(f"line({x0},{y0},{x1},{y1}) # line=0 0 {text}")
    return REGION_HEADER + "\n".join([frame, *lines]) + "\n"


def _label(part: str, tag: str) -> str:
    text = f"text={{{tag}}} " if tag == part else ""
    return f"color={COLOURS[part]} {text}tag={{{tag}}}"


def _region(name: str, part: Sersic, wcs: WCS | None) -> str:
    (x, y) = _positions(np.array([[part.mux, part.muy]]), wcs)[0]
    unit, scale = ("", 1.0) if wcs is None else ('"', pixel_scale(wcs))
    long, short = part.Re * scale, part.Re * part.q * scale
    angle = f"{_region_angle(part, wcs):.4f}"
    if name == "bar":
        return f"box({x},{y},{2 * long:.4f}{unit},{2 * short:.4f}{unit},{angle})"
    return f"ellipse({x},{y},{long:.4f}{unit},{short:.4f}{unit},{angle})"


def _region_angle(part: Sersic, wcs: WCS | None) -> float:
    """Return the angle of the long axis from +x, or from west through north."""
    angle = math.degrees(part.roll) + 90.0
    if wcs is not None:
        # DS9 adds the image's own rotation, the angle of north less 90 degrees.
        dx, dy = np.linalg.solve(plane_matrix(wcs, part.mux, part.muy), (0.0, 1.0))
        angle -= math.degrees(math.atan2(dy, dx)) - 90.0
    return angle % HALF_TURN


def _positions(points: np.ndarray, wcs: WCS | None) -> list[tuple[str, str]]:
    if wcs is None:
        return [(f"{x + 1:.3f}", f"{y + 1:.3f}") for x, y in points]
    sky = wcs.all_pix2world(points, 0)
    return [(f"{ra:.7f}", f"{dec:.7f}") for ra, dec in sky]


def galfit_feedme(
    model: Model,
    shape: tuple[int, int],
    *,
    files: Mapping[str, str],
    multiplier: float,
    psf_size: int,
) -> str:
    """Return a GALFIT input file that starts at a model.

    GALFIT knows no arms that multiply a disk: their parameters are written as
    comments, with a warning, and their light is not in the objects.

    Parameters
    ----------
    files : mapping of str to str
        ``data``, ``output``, ``sigma``, ``psf``, ``mask``: FITS files, each with the
        HDU in brackets where it is not the first; ``none`` where there is none.
    multiplier : float
        Nanomaggies per image unit; sets the zero point, so that magnitudes are AB.
    psf_size : int
        Side of the PSF image [px]; the convolution box spans the image.

    Raises
    ------
    DatumError
        For a component without light.

    Source: Peng et al. 2010, AJ 139, 2097; GALFIT 3 user's manual, section 7.
    """
    ny, nx = shape
    box = max(nx, ny) + psf_size
    zero_point = ZERO_POINT - 2.5 * math.log10(multiplier)
    text = f"""\
===============================================================================
# IMAGE and GALFIT CONTROL PARAMETERS
A) {files["data"]:<30} # Input data image
B) {files["output"]:<30} # Output data image block
C) {files["sigma"]:<30} # Sigma image
D) {files["psf"]:<30} # Input PSF image
E) 1                              # PSF fine sampling factor relative to data
F) {files["mask"]:<30} # Bad pixel mask (above 0: bad)
G) none                           # File with parameter constraints
H) {f"1 {nx} 1 {ny}":<30} # Image region to fit (xmin xmax ymin ymax)
I) {f"{box} {box}":<30} # Size of the convolution box (x y)
J) {zero_point:<30.6f} # Magnitude photometric zeropoint
K) {f"{PIXEL:.5f} {PIXEL:.5f}":<30} # Plate scale (dx dy) [arcsec per pixel]
O) regular                        # Display type (regular, curses, both)
P) 0                              # 0=optimize, 1=model, 2=imgblock, 3=subcomps
# [NAME] after a file is its FITS extension, in CFITSIO's notation. Copy the
# extension to a file of its own if your GALFIT does not take it.
"""
    if model.spiral:
        words = [f"#   arm {i}: {_arm_words(a)}\n" for i, a in enumerate(model.spiral)]
        text += GALFIT_ARMS + "".join(words)
    parts = model.components()
    for i, name in enumerate(parts, start=1):
        text += _galfit_sersic(i, name, parts[name], multiplier)
    return text + GALFIT_SKY.format(i=len(parts) + 1)


def _arm_words(arm) -> str:
    light = f"brightness {arm.I:.4f} of the disk, Gaussian width {arm.spread:.3f} px"
    if not isinstance(arm, SpiralArm):
        return f"{light}, a drawn line of {len(arm.points)} points"
    span = f"{math.degrees(arm.t_min):.2f} to {math.degrees(arm.t_max):.2f} deg"
    spiral = f"r = {arm.A:.4f} px exp(theta tan {arm.phi:.3f} deg), theta {span}"
    return f"{light}, {spiral}"


def _galfit_sersic(i: int, name: str, part: Sersic, multiplier: float) -> str:
    mag = magnitude(total_flux(part), multiplier)
    if math.isnan(mag):
        msg = f"{name}: no light, so no magnitude; leave it out of the model"
        raise DatumError(msg)
    free_n = 0 if name == "disk" else 1
    angle = (math.degrees(part.roll) + 90.0) % HALF_TURN - 90.0
    boxyness = f"C0) {part.c - 2:.4f} 1     # Diskyness(-)/boxyness(+)\n"
    return f"""
# Object number: {i} ({name})
 0) sersic                 # Object type
 1) {part.mux + 1:.4f} {part.muy + 1:.4f} 1 1   # Position x, y [pixel]
 3) {mag:.4f} 1     # Integrated magnitude
 4) {part.Re:.4f} 1     # R_e (half-light radius) [pix]
 5) {part.n:.4f} {free_n}     # Sersic index n
 9) {part.q:.4f} 1     # Axis ratio (b/a)
10) {angle:.4f} 1     # Position angle [deg: Up=0, Left=90]
{boxyness if name == "bar" else ""} Z) 0                      # Output option
"""
