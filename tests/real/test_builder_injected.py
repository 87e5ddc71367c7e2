"""Galaxies that are not our model: of HST seen from the ground, and with injections."""

import dataclasses
from itertools import combinations

import numpy as np
import pytest
from astropy.io import fits
from builder.synthetic import Pixels, gaussian_psf
from scipy.signal import fftconvolve
from skyloom.builder.aggregation.aggregate import aggregate_subject
from skyloom.builder.config import AggregateSettings, Noise, TuneSettings
from skyloom.builder.drawings import subjects, upstream
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import render
from skyloom.builder.fitting.tune import tune
from skyloom.builder.images.cutout_files import from_upstream_npz
from skyloom.builder.model import Model, Sersic, from_dict, replace

pytestmark = pytest.mark.real
HST = "147246.0_150.416558_1.998697_masknoise.fits"  # 0.03 arcsec a pixel
BINS = 4  # HST pixels in a pixel of ours: the galaxy as if it were nearer
NOISE = 0.02
SEEINGS = (1.0, 1.7)  # px, as 0.9 and 1.6 arcsec of SDSS
START = Model(Sersic(67.0, 68.0, 1.0, 0.7, 9.0, 0.1))


def fitted(image, sigma, psf) -> dict:
    mask = np.zeros(image.shape, bool)
    tree = tune(START, None, Pixels(image, sigma, mask, psf), TuneSettings())
    named = zip(tree["parameters"], tree["values"], tree["errors"], strict=True)
    found = {name: (value, error) for name, value, error in named}
    return {
        "Re": found["disk.Re"],
        "total": (sum(tree["flux"].values()), np.sum(tree["flux_covariance"]) ** 0.5),
    }


def test_a_galaxy_of_hst_is_the_same_through_noise_and_seeing(real):
    """Size and light differ by their errors; seeing alone changes neither."""
    path = real / "spirals" / "galsim_cosmos" / HST
    if not path.is_file():
        pytest.skip(f"no real data: {path} is not a file")
    data = fits.getdata(path).astype(float)
    n = len(data) // BINS
    cut = data[: n * BINS, : n * BINS]
    galaxy = cut.reshape(n, BINS, n, BINS).sum(axis=(1, 3))
    found = []
    for k in range(3):
        noise = NOISE * np.random.default_rng(k).standard_normal(galaxy.shape)
        for seeing in SEEINGS:
            psf = gaussian_psf(seeing)
            image = fftconvolve(galaxy, psf, mode="same") + noise
            found.append(fitted(image, np.full(image.shape, NOISE), psf))
    for name in ("Re", "total"):
        pulls = [
            (a[name][0] - b[name][0]) / np.hypot(a[name][1], b[name][1])
            for a, b in combinations(found, 2)
        ]
        print(f"{name}: {[one[name] for one in found]}")
        assert np.abs(pulls).max() < 3
        # Noise is the same in both seeings; what is left is that it is no exponential.
        same = [one[name][0] for one in found]
        np.testing.assert_allclose(same[::2], same[1::2], rtol=0.02)


def test_a_bulge_put_into_a_real_galaxy_is_found(real):
    """Light grows by what was put in, to 3 per cent; neither fit ends at a bound."""
    folder = real / "builder" / "galaxies"
    paths = sorted((folder / "images").glob("*.npz"))
    if not paths:
        pytest.skip(f"no real data: {folder} has no images")
    path = paths[min(3, len(paths) - 1)]
    subject = int(path.stem)
    turns = subjects.turns(subjects.read_metadata(folder / "gal-metadata.csv"))
    cutout = from_upstream_npz(path, subject, turns[subject], Noise())
    tree = upstream.read_upstream(folder / "models" / f"{subject}.json.gz")
    volunteers = upstream.volunteers_tree(tree, turns=turns[subject])
    crowd = aggregate_subject(volunteers, AggregateSettings())
    start = from_dict(crowd["model"])
    disk = start.disk
    if start.bulge is None:
        start = replace(start, bulge=replace(disk, q=0.9, Re=0.1 * disk.Re, n=1.5))
    before = tune(start, None, cutout, TuneSettings())
    middle, light = from_dict(before["model"]).disk, sum(before["flux"].values())
    bulge = Sersic(middle.mux, middle.muy, 1.0, 0.8, 0.15 * middle.Re, 1.0, 1.5)
    bulge = replace(bulge, I=0.2 * light / total_flux(bulge))
    added = render(Model(bulge=bulge), cutout.image.shape, cutout.psf)
    more = dataclasses.replace(cutout, image=cutout.image + added)
    after = tune(start, None, more, TuneSettings())
    grown = sum(after["flux"].values()) - light
    print(f"{subject}: {grown / total_flux(bulge):.3f} of the light put in")
    assert before["bounds_reached"] == after["bounds_reached"] == []
    assert grown == pytest.approx(total_flux(bulge), rel=0.03)
