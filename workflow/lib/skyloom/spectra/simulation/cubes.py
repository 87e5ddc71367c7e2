"""Simulated galaxies as MaNGA's LOGCUBE and MAPS, of one spectrum a spaxel.

Of the data model of the releases 15 to 17 the HDUs are there that carry the data, and
those of the analysis that follow from what is simulated; MAPS has a bin's true velocity
and dispersion, which no STELLAR_SIGMACORR is in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy.io import fits
from scipy.ndimage import binary_erosion, gaussian_filter

from skyloom.run.seeds import rng
from skyloom.sky.cosmology import COSMOLOGY
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.simulation.bins import gain
from skyloom.spectra.simulation.footprint import SPAXEL, Footprint
from skyloom.spectra.simulation.frame import WAVE, C
from skyloom.spectra.simulation.galaxies import Galaxy
from skyloom.spectra.simulation.labels import labels
from skyloom.spectra.simulation.noise import Noise
from skyloom.spectra.simulation.populations import Library
from skyloom.spectra.simulation.render import render
from skyloom.spectra.simulation.structure import averaging, build, plane
from skyloom.spectra.simulation.survey import R_BAND, binned, bins_of, wanted_sn

NOCOV, LOWCOV, DONOTUSE = 1 << 0, 1 << 1, 1 << 10  # MANGA_DRP3PIXMASK
UNRELIABLE = 1 << 30  # MANGA_DAPPIXMASK: DONOTUSE
# Spaxels; the sum of the correlation with all others is then 17.6, as in
# 1 + 1.62 log10(N) for N = 100 (Law et al. 2016, AJ 152, 83).
KERNEL = 1.18
ERRORS = 10.0  # km/s of velocity and dispersion at S/N 10
FLUX = "1E-17 erg/s/cm^2/Ang/spaxel"
H = COSMOLOGY.h


@dataclass(frozen=True, eq=False)
class Cube:
    """A galaxy's spaxels.

    Attributes
    ----------
    galaxy : Galaxy
    footprint : Footprint
    flux, ivar : ndarray of float32, shape (4563, size, size)
    mask : ndarray of int32, shape (4563, size, size)
        Bits of MANGA_DRP3PIXMASK.
    bins : ndarray of int, shape (size, size)
        The bin of each spaxel, -1 outside.
    known : DataFrame
        True labels of the bins.
    """

    galaxy: Galaxy
    footprint: Footprint
    flux: np.ndarray
    ivar: np.ndarray
    mask: np.ndarray
    bins: np.ndarray
    known: pd.DataFrame


def simulate_cube(
    galaxy: Galaxy, settings: Simulate, library: Library, noise: Noise, seed: int
) -> Cube:
    """Return a galaxy's cube, see `survey.simulate`.

    The faintest spaxel has half of the lower limit of S/N: bins of some reach it.
    """
    footprint = Footprint(galaxy.fibres)
    structure = build(galaxy, footprint, library)
    inside = footprint.inside
    each = np.full(inside.shape, -1)
    each[inside] = np.arange(inside.sum())
    components, gas = structure.regions(each)
    clean = render(library, components, gas, galaxy.redshift)
    lot = rng(seed, "brightness", galaxy.plateifu)
    low, high = settings.sn
    sn = wanted_sn(clean, noise, np.ones(len(clean.flux)), (low / 2, high), lot)
    plate = rng(seed, "plate noise", galaxy.plateifu)
    own = rng(seed, "cube", galaxy.plateifu)
    flux, ivar = noise.add(clean.flux, clean.covered, sn, plate, own, blending(inside))
    shape = (len(WAVE), *inside.shape)
    cube, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    cube[:, inside], weight[:, inside] = flux.T, ivar.T
    mask = np.where(weight > 0, 0, DONOTUSE).astype(np.int32)
    mask[:, ~inside] = NOCOV | LOWCOV | DONOTUSE
    mask[:, inside & ~binary_erosion(inside)] = LOWCOV | DONOTUSE
    number = bins_of(galaxy.fibres, settings.spectra, settings.fibres)
    bins = binned(structure, footprint, number)
    bins[(mask == 0).sum(axis=0) == 0] = -1
    _, bins[bins >= 0] = np.unique(bins[bins >= 0], return_inverse=True)
    known = labels(library, structure.regions(bins)[0])
    return Cube(galaxy, footprint, cube, weight, mask, bins, known)


def blending(inside: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes noise of spaxels alike that of their neighbours, rms 1."""
    point = np.zeros((33, 33))
    point[16, 16] = 1
    rms = np.sqrt((gaussian_filter(point, KERNEL) ** 2).sum())

    def blend(noise: np.ndarray) -> np.ndarray:
        images = np.zeros((noise.shape[1], *inside.shape), np.float32)
        images[:, inside] = noise.T
        # What is beyond the edge is what is within, mirrored: it has noise as well.
        images[:, ~inside] = noise.T[:, np.arange((~inside).sum()) % len(noise)]
        smooth = gaussian_filter(images, KERNEL, axes=(1, 2), mode="wrap")
        return smooth[:, inside].T / rms

    return blend


def logcube(cube: Cube, noise: Noise) -> list:
    """Return the HDUs of a LOGCUBE."""
    cards = {"BUNIT": FLUX}
    images = {
        "FLUX": (cube.flux, cards),
        "IVAR": (cube.ivar, {}),
        "MASK": (cube.mask, {}),
    }
    sky = _celestial(cube) | {
        "CTYPE3": "WAVE-LOG",
        "CUNIT3": "Angstrom",
        "CRPIX3": 1,
        "CRVAL3": WAVE[0],
        "CD3_3": WAVE[0] * np.log(10) * 1e-4,
    }
    hdus = [_primary(cube)]
    hdus += [_image(name, data, sky | cards) for name, (data, cards) in images.items()]
    hdus.append(_image("WAVE", WAVE, {"BUNIT": "Angstrom"}))
    hdus.append(_image("SPECRES", noise.resolution, {}))
    return hdus


def maps(cube: Cube) -> list:
    """Return the HDUs of the MAPS."""
    g, bins, known = cube.galaxy, cube.bins, cube.known
    used = bins >= 0
    radius, azimuth, _ = plane(g, cube.footprint, g.axis_ratio)
    kpc = radius / g.re * g.re_kpc * H
    ellipse = np.array([radius, radius / g.re, kpc, azimuth])
    image, weight, sn = _r_band(cube)
    mean = averaging(bins)
    number = np.bincount(bins[used])
    # Spaxels of a bin are correlated, so errors fall by `gain` and not by sqrt(N).
    bin_sn = mean(sn[None])[0] * gain(number)
    error = ERRORS * np.maximum(10 / np.maximum(bin_sn, 0.1), 0.1)

    def spread(values: np.ndarray) -> np.ndarray:
        return np.where(used, np.asarray(values)[bins], 0).astype(np.float32)

    flag = np.where(used, 0, UNRELIABLE | NOCOV).astype(np.int32)
    sky = _celestial(cube)
    offsets = sky | {"BUNIT": "arcsec", "C1": "On-sky X", "C2": "On-sky Y"}
    radii = sky | {
        **{"C1": "Elliptical radius", "U1": "arcsec", "C2": "R/Re", "U2": ""},
        **{"C3": "R h/kpc", "U3": "kpc/h", "C4": "Elliptical azimuth"},
        "U4": "degrees",
    }
    hdus = [
        _primary(cube, _analysis(g)),
        _image("SPX_SKYCOO", cube.footprint.sky.astype(np.float32), offsets),
        _image("SPX_ELLCOO", ellipse.astype(np.float32), radii),
        _image("SPX_MFLUX", image, sky | {"BUNIT": FLUX}),
        _image("SPX_MFLUX_IVAR", weight, sky),
        _image("SPX_SNR", sn, sky),
        _image("BINID", np.repeat(bins[None], 5, axis=0).astype(np.int32), sky),
        _image("BIN_AREA", spread(number * SPAXEL**2), sky | {"BUNIT": "arcsec^2"}),
        _image("BIN_SNR", spread(bin_sn), sky),
    ]
    hdus.append(_image("STELLAR_SIGMACORR", spread(0 * error), sky | {"BUNIT": "km/s"}))
    for name, label in (("STELLAR_VEL", "v_star"), ("STELLAR_SIGMA", "sigma_star")):
        values = spread(known[label].to_numpy())
        hdus.append(_image(name, values, sky | {"BUNIT": "km/s"}))
        hdus.append(_image(f"{name}_IVAR", spread(error**-2), sky))
        hdus.append(_image(f"{name}_MASK", flag, sky))
    return hdus


def _r_band(cube: Cube) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean flux in r, its inverse variance, and median S/N of spaxels."""
    inside = (np.log10(WAVE) > R_BAND[0]) & (np.log10(WAVE) < R_BAND[1])
    flux, ivar = cube.flux[inside], cube.ivar[inside]
    good = ivar > 0
    count = np.maximum(good.sum(axis=0), 1)
    variance = np.where(good, 1 / np.where(good, ivar, 1), 0).sum(axis=0) / count**2
    weight = np.where(variance > 0, 1 / np.where(variance > 0, variance, 1), 0)
    sn = np.median(flux * np.sqrt(ivar), axis=0)
    values = (flux.sum(axis=0) / count, weight, sn)
    return tuple(value.astype(np.float32) for value in values)


def _primary(cube: Cube, more: dict | None = None) -> fits.PrimaryHDU:
    g = cube.galaxy
    plate, design = g.plateifu.split("-")
    hdu = fits.PrimaryHDU()
    hdu.header["PLATEID"] = (int(plate), "Plate")
    hdu.header["IFUDSGN"] = (design, "Unit")
    hdu.header["PLATEIFU"] = g.plateifu
    hdu.header["MANGAID"] = g.mangaID
    hdu.header["OBJRA"] = (g.ra, "[deg]")
    hdu.header["OBJDEC"] = (g.dec, "[deg]")
    hdu.header["EBVGAL"] = (0.0, "E(B-V) of the Milky Way [mag]")
    hdu.header["DRP3QUAL"] = (0, "Quality of the reduction")
    hdu.header["SIMULATD"] = (True, "Simulated by skyloom")
    for key, value in (more or {}).items():
        hdu.header[key] = value
    return hdu


def _analysis(g: Galaxy) -> dict:
    return {
        "DAPQUAL": (0, "Quality of the analysis"),
        "BINTYPE": "voronoi",
        "SCINPVEL": (C * g.redshift, "c z [km/s]"),
        "REFF": (g.re, "[arcsec]"),
        "ECOOPA": (g.pa, "Position angle [deg]"),
        "ECOOELL": (1 - g.axis_ratio, "Ellipticity"),
    }


def _celestial(cube: Cube) -> dict:
    """Return the cards of the coordinates, the reference at pixel size / 2 from 0."""
    middle = cube.footprint.size // 2 + 1
    return {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "CRPIX1": middle,
        "CRPIX2": middle,
        "CRVAL1": cube.galaxy.ra,
        "CRVAL2": cube.galaxy.dec,
        "CD1_1": -SPAXEL / 3600,
        "CD2_2": SPAXEL / 3600,
        "RADESYS": "FK5",
        "EQUINOX": 2000.0,
    }


def _image(name: str, data: np.ndarray, cards: dict) -> fits.ImageHDU:
    hdu = fits.ImageHDU(data, name=name)
    hdu.header.update(cards)
    return hdu
