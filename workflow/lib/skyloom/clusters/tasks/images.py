"""Images of fields and tiles from their catalogues, in every band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.lists import read_wcs
from skyloom.clusters.catalogue.sample import Sample, World, draw_field
from skyloom.clusters.catalogue.table import read_catalogue
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.images import batched, galsim_renderer
from skyloom.clusters.images.noise import CORRELATION, add_noise, band_noise
from skyloom.clusters.images.psf import Psf, draw_psf, read_psfex
from skyloom.clusters.images.survey import write_survey_image
from skyloom.clusters.tasks.catalogs import write_field
from skyloom.clusters.tasks.products import tile_number
from skyloom.io.record import cards
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng

RENDERERS = {"batched": batched.render, "galsim": galsim_renderer.render}


@dataclass(frozen=True)
class Camera:
    """How a catalogue becomes images: what PSF and noise are drawn for each."""

    images: Images
    seed: int
    psfex: Sequence[str] = ()  # models by band in place of drawn PSFs; at the middle

    def expose(
        self,
        sources: Table,
        wcs: WCS,
        name: object,
        paths: Mapping[str, str | Path],
        provenance: Mapping,
        mask: np.ndarray | None = None,
    ) -> None:
        """Draw, add noise, and write the image of each band.

        Parameters
        ----------
        sources : Table
            With the catalogue's columns.
        wcs : WCS
            Of the images, with their shape.
        name : object
            Of the field or tile: with the seed, all that its noise depends on.
        paths : mapping of str to path
            By band.
        provenance : mapping
            For the headers.
        mask : ndarray of uint8, shape (ny, nx), optional
            0 where a pixel is good; all are by default.
        """
        shape = wcs.array_shape
        psfs = {band: self._psf(name, band, shape) for band in BANDS}
        drawn = RENDERERS[self.images.renderer](sources, BANDS, shape, psfs)
        mask = np.zeros(shape, np.uint8) if mask is None else mask
        for k, band in enumerate(BANDS):
            noise = rng(self.seed, "noise", name, band)
            depth = self.images.depth10[k]
            depth += self.images.depth_scatter * float(noise.standard_normal())
            sigma, gain = band_noise(band, depth)
            noisy, variance = add_noise(noise, drawn[k], sigma, gain, CORRELATION)
            about = _about(band, psfs[band], self.seed, sigma, gain, depth)
            about |= cards(provenance)
            write_survey_image(paths[band], noisy, variance, mask, wcs, about)

    def _psf(self, name: object, band: str, shape: tuple[int, int]) -> Psf:
        if self.psfex:
            middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
            return read_psfex(self.psfex[BANDS.index(band)], *middle)
        median = self.images.fwhm[BANDS.index(band)]
        return draw_psf(rng(self.seed, "psf", name, band), median)


def paint(
    number: int,
    paths: Mapping[str, Path],
    camera: Camera,
    catalogs: Mapping[int, str],
    truth: Mapping[int, str],
    recipe: Recipe,
) -> None:
    """Write a field's images, by band, from its catalogue, where its truth lies."""
    sources, wcs = read_catalogue(catalogs[number]), read_wcs(truth[number])
    record = recipe.record([catalogs[number], *camera.psfex])
    camera.expose(sources, wcs, number, paths, record)


def simulate(
    name: str,
    paths: Mapping[str, Path],
    camera: Camera,
    world: World,
    sample: Sample,
    record: Mapping,
) -> None:
    """Draw a tile, and write its ``catalog``, ``truth`` and images, by band."""
    drawn = draw_field(camera.seed, tile_number(name), world, sample)
    write_field(paths, drawn, record)
    sources, _, wcs = drawn
    camera.expose(sources, wcs, name, paths, record)


def _about(band: str, psf: Psf, seed: int, sigma: float, gain, depth) -> dict:
    return {
        "BAND": (band, "filter"),
        "SEED": (seed, "of the run"),
        "PSF_FWHM": (psf.fwhm, "[arcsec]"),
        "PSF_G1": (psf.g1, "reduced shear of the PSF"),
        "PSF_G2": (psf.g2, "reduced shear of the PSF"),
        "SKYSIGMA": (sigma, "[counts] of a pixel, before smoothing"),
        "GAIN": (gain, "[e-/count]"),
        "DEPTH10": (depth, "[mag] at ten sigma in 1.95 arcsec"),
    }
