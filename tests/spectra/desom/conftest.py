"""A trained map of spectra."""

import pytest
from skyloom.spectra.desom.autoencoders import build, seeded
from skyloom.spectra.desom.files import write_desom
from skyloom.spectra.desom.networks import Network
from skyloom.spectra.desom.samples import Samples
from skyloom.spectra.desom.train import train
from skyloom.spectra.mapping.fill import mean_spectrum
from skyloom.spectra.mapping.model import SpectralMap
from small_desom import GRID, LATENT, PIXELS, UNITS, how, sheet_of_spectra


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a trained map of spectra, its file, its log, and unseen spectra."""
    flux, ivar = sheet_of_spectra(600, 1)
    unseen = sheet_of_spectra(300, 2)
    mean = mean_spectrum(flux, ivar)
    seeded(3)
    pair = build("conv_small", PIXELS, LATENT)
    samples = Samples(flux, ivar, mean, mean=mean)
    held = Samples(*unseen, mean, mean=mean)
    long = how(iterations=500, decay=400, rate=5e-3, log_every=100, pretrain=2)
    made = train(pair, samples, UNITS, long, 7, held=held)
    about = {"network": "conv_small", "history": made.history}
    codec = Network(*pair, mean)
    spectral = SpectralMap("desom", codec, made.som, GRID, "median", mean, about)
    path = tmp_path_factory.mktemp("desom") / "map.keras"
    write_desom(path, spectral)
    return spectral, path, made.history, unseen
