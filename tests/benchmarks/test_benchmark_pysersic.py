"""Speed of a fit of disk and bulge beside pysersic's, on the same pixels.

Runs where pysersic is installed (``pip install pysersic``), and is no part of any
environment of ours. Both have 13 free parameters and no prior to speak of; pysersic
minimises as its documentation has it, `FitMulti.find_MAP`, which compiles its model for
each galaxy anew, with its exacter renderer: the default one alone adds 0.2 per cent
to chi2. It starts from the middle of its priors, from where a bulge at another angle
ends round. Source: Pasha & Miller 2023, JOSS 8, 5703.
"""

import warnings

import numpy as np
import pytest
from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import render
from skyloom.builder.fitting.tune import tune
from skyloom.builder.model import Model, Sersic, replace
from synthetic import Pixels, gaussian_psf
from test_benchmark_fit import SHAPE, processor_time

pytestmark = pytest.mark.benchmark
TRUTH = Model(
    disk=Sersic(68.2, 66.8, 1.34, 0.55, 20.0, 0.1),
    bulge=Sersic(68.1, 66.9, 2.8, 0.8, 4.0, 0.6, 1.6),
)


@pytest.fixture(scope="module")
def pysersic():
    """Return the package; its own dependencies warn of what is to come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pysersic", reason="pysersic is not installed")


def test_disk_and_bulge_beside_pysersic(pysersic, record_property):
    """Equal chi2 to a part in a thousand; seconds and their ratio are printed."""
    rng = np.random.default_rng(6)
    psf = gaussian_psf()
    clean = render(TRUTH, SHAPE, psf)
    sigma = np.sqrt(0.02**2 + 0.005 * clean)  # of the sky and of photons
    image = clean + sigma * rng.standard_normal(SHAPE)
    cutout = Pixels(image, sigma, np.zeros(SHAPE, bool), psf)
    disk = replace(TRUTH.disk, mux=67.7, muy=66.4, roll=1.5, Re=24.0, q=0.7, I=0.05)
    bulge = replace(TRUTH.bulge, mux=67.7, muy=66.4, roll=2.5, Re=3.0, I=0.3, n=1.0)
    start = Model(disk, bulge)
    call = (tune, start, None, cutout, TuneSettings())
    processor_time(*call)  # compile once for all galaxies
    ours, fit = min((processor_time(*call) for _ in range(3)), key=lambda r: r[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, model = processor_time(_peer, pysersic, start, cutout)
    chisq = float(np.mean(((image - model) / sigma) ** 2))
    record_property("seconds", ours)
    record_property("ratio", theirs / ours)
    print(
        f"disk and bulge: {ours:.2f} s to chi2 {fit['chisq_per_pixel']:.5f}; "
        f"pysersic {theirs:.1f} s to {chisq:.5f}: {theirs / ours:.0f} times"
    )
    assert fit["n_free"] == 13
    assert fit["chisq_per_pixel"] == pytest.approx(chisq, rel=1e-3)


def _peer(pysersic, start: Model, cutout) -> np.ndarray:
    """Return the image of pysersic's most probable disk and bulge."""
    import jax
    from pysersic.rendering import PixelRenderer

    parts = [start.disk, start.bulge]
    catalog = {
        "x": [p.mux for p in parts],
        "y": [p.muy for p in parts],
        "flux": [total_flux(p) for p in parts],
        "r": [p.Re for p in parts],
        "theta": [p.roll for p in parts],
        "type": ["exp", "sersic"],
    }
    fitter = pysersic.FitMulti(
        data=cutout.image,
        rms=cutout.sigma,
        psf=cutout.psf,
        mask=cutout.mask,
        prior=pysersic.PySersicMultiPrior(catalog),
        renderer=PixelRenderer,
    )
    return np.asarray(fitter.find_MAP(rkey=jax.random.PRNGKey(1))["model"])
