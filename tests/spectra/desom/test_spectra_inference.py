"""Trained networks, evaluated with NumPy as Keras evaluates them."""

import numpy as np
import pytest
from skyloom.run.seeds import rng
from skyloom.spectra.desom import autoencoders
from skyloom.spectra.desom.archive import read_archive
from skyloom.spectra.desom.inference import inference
from skyloom.spectra.desom.networks import Network, write_networks

PIXELS, LATENT = 160, 7


@pytest.mark.parametrize("name", ["mlp", "conv_small", "conv_big"])
def test_numpy_and_keras_agree(name, tmp_path):
    """To the digits of float32, for any number of spectra."""
    draw = rng(1, name)
    autoencoders.seeded(1, name)
    pair = autoencoders.build(name, PIXELS, LATENT)
    for weight in [weight for model in pair for weight in model.weights]:
        noise = draw.normal(0, 0.1, weight.shape)
        weight.assign(np.asarray(autoencoders.values(weight)) + noise)
    mean = draw.normal(size=PIXELS).astype(np.float32)
    write_networks(tmp_path / "net.keras", pair, {"mean": mean}, {})
    ours = read_archive(
        tmp_path / "net.keras",
        lambda _, arrays, held: inference(name, PIXELS, LATENT, held, arrays["mean"]),
    )
    theirs, flux = Network(*pair, mean), draw.normal(size=(130, PIXELS))
    latent = theirs.encode(flux)
    scale = latent.std()
    np.testing.assert_allclose(ours.encode(flux), latent, atol=1e-5 * scale)
    made = theirs.decode(latent)
    np.testing.assert_allclose(ours.decode(latent), made, atol=1e-5 * made.std())
    assert ours.encode(flux[:0]).shape == (0, LATENT)
    assert ours.decode(latent[:0]).shape == (0, PIXELS)
