"""DESOM: its loss, its gradients, what it learns, and that a kill changes nothing."""

import os
import subprocess
import sys

import numpy as np
import pytest
from skyloom.som.grid import grid_distances
from skyloom.som.matching import two_best
from skyloom.som.quality import topographic_error
from skyloom.spectra.config_map import Units
from skyloom.spectra.desom import train as training_module
from skyloom.spectra.desom.autoencoders import build, perceptron, seeded
from skyloom.spectra.desom.backend import keras, values
from skyloom.spectra.desom.model import Desom, squared_residual
from skyloom.spectra.desom.networks import Network
from skyloom.spectra.desom.samples import Samples
from skyloom.spectra.desom.train import train
from skyloom.spectra.mapping.fill import mean_spectrum
from small_desom import LATENT, PIXELS, UNITS, how, sheet_of_spectra

GAMMA, HEAT = 0.03, 1.7
APART = grid_distances((5, 6), "sheet", "manhattan")


def small_model(seed=1):
    """Return a model with prototypes by lot, a batch, and what it aims at."""
    seeded(seed)
    model = Desom(*build("mlp", PIXELS, LATENT), APART, squared_residual)
    rng = np.random.default_rng(seed)
    model.lay(rng.normal(size=(30, LATENT)))
    flux, ivar = sheet_of_spectra(8, seed)
    x, weight = Samples(flux, ivar, flux.mean(axis=0)).batch(slice(None))
    column = np.ones((8, 1), np.float32)
    aims = {"gamma": GAMMA * column, "temperature": HEAT * column, "weight": weight}
    return model, x, aims


def gradients(model, x, aims):
    """Return the loss, and its gradients by variable."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = model.compute_loss(tf.constant(x), aims, model(x))
    found = tape.gradient(loss, model.trainable_variables)
    return float(loss), [np.asarray(tf.convert_to_tensor(one).numpy()) for one in found]


def by_hand(model, x, aims):
    """Return loss terms by plain NumPy in float64, in two passes."""
    latent = values(model.encoder(x)).astype(float)
    made = values(model.decoder(model.encoder(x))).astype(float)
    prototypes = values(model.prototypes).astype(float)
    step = latent[:, None] - prototypes[None]
    near = (step**2).sum(axis=2)
    best = near.argmin(axis=1)
    weight = np.exp(-(APART[best] ** 2) / HEAT**2)
    residual = (aims["weight"] * (x - made) ** 2).sum(axis=1)
    return residual.mean(), (weight * near).sum(axis=1).mean(), weight, step


def test_loss_is_that_of_two_passes_in_numpy():
    """One pass with matrix products gives the published loss."""
    model, x, aims = small_model()
    residual, ordered, _, _ = by_hand(model, x, aims)
    loss, _ = gradients(model, x, aims)
    assert loss == pytest.approx(residual + GAMMA * ordered, rel=1e-5)


def test_gradient_goes_through_distances_only():
    """Neighbourhoods are constants: dL/dm = -2 gamma mean_i w_ik (z_i - m_k).

    What learns is the prototypes divided by their pace.
    """
    model, x, aims = small_model()
    laid = values(model.prototypes)
    model.hasten(4.0)
    np.testing.assert_allclose(values(model.prototypes), laid, rtol=1e-6)
    _, _, weight, step = by_hand(model, x, aims)
    _, found = gradients(model, x, aims)
    index = [v is model.paced for v in model.trainable_variables].index(True)
    wanted = -2 * GAMMA * 4 * (weight[:, :, None] * step).mean(axis=0)
    np.testing.assert_allclose(found[index], wanted, rtol=1e-4, atol=1e-7)
    # Without the map's term prototypes rest; the encoder feels both terms.
    still = gradients(model, x, aims | {"gamma": 0 * aims["gamma"]})[1]
    assert (still[index] == 0).all()
    assert np.abs(still[0] - found[0]).max() > 1e-6


def test_masked_pixels_have_no_part():
    """Neither in the loss nor in its gradients, whatever they hold."""
    flux, ivar = sheet_of_spectra(8, 1)
    model, _, aims = small_model()
    wild = np.where(ivar > 0, flux, 1e6).astype(np.float32)
    fill = mean_spectrum(flux, ivar)
    results = []
    for each in (flux, wild):
        x, aims["weight"] = Samples(each, ivar, fill).batch(slice(None))
        results.append(gradients(model, x, aims))
    (loss, tame), (same, found) = results
    assert loss == same
    assert all((a == b).all() for a, b in zip(tame, found, strict=True))


def test_published_sizes():
    """The large network of 4544 pixels has the published number of parameters."""
    big = sum(model.count_params() for model in build("conv_big", 4544, 256))
    assert big == 9_497_537
    for name, pixels in (("conv_small", 96), ("conv_big", 96), ("mlp", 37)):
        encoder, decoder = build(name, pixels, 7)
        made = decoder(encoder(np.zeros((2, pixels), np.float32)))
        assert made.shape == (2, pixels)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(("lstm", 64, 5), "it is one of conv_big"), (("conv_small", 60, 5), "multiple")],
)
def test_impossible_network_is_refused(arguments, problem):
    """Not built, and said why."""
    with pytest.raises(ValueError, match=problem):
        build(*arguments)


def test_unseen_spectra_are_reconstructed(trained):
    """Closer than by the mean spectrum, and nearly as the noise allows."""
    spectral, _, history, (flux, ivar) = trained
    made = spectral.reconstruct(spectral.encode(flux, ivar))
    good = ivar > 0
    chi2 = (ivar * (flux - made) ** 2)[good].mean()
    mean = (ivar * (flux - spectral.mean) ** 2)[good].mean()
    assert chi2 < mean / 20
    assert chi2 < 2.5
    assert history[-1]["val_Lr"] < history[0]["val_Lr"]
    assert history[-1]["latent_topographic_err"] < 0.1


def test_map_is_ordered_on_unseen_spectra(trained):
    """Its best units touch; those of a shuffled map do not."""
    spectral, _, _, (flux, ivar) = trained
    unit, _, latent = spectral.place(flux, ivar)
    assert topographic_error(spectral.som, latent) < 0.1
    assert len(set(unit.tolist())) > 20


def weights_of(pair):
    return [w for model in pair for w in map(values, model.weights)]


def test_killed_training_ends_with_the_same_bytes(tmp_path, monkeypatch):
    """Stopped after a checkpoint and begun again, it is as if undisturbed."""
    flux, ivar = sheet_of_spectra(200, 1)
    samples = Samples(flux, ivar, mean_spectrum(flux, ivar))

    def run(folder):
        seeded(3)
        pair = build("mlp", PIXELS, LATENT)
        settings = how(save_every=25, pretrain=1, start="random")
        made = train(pair, samples, UNITS, settings, 7, folder=folder)
        return pair, made

    whole, wanted = run(None)
    step = training_module._Run.step

    def killed(self, number):
        if number == 40:
            raise KeyboardInterrupt
        step(self, number)

    monkeypatch.setattr(training_module._Run, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    done = []
    monkeypatch.setattr(
        training_module._Run, "step", lambda self, n: (done.append(n), step(self, n))
    )
    again, found = run(tmp_path)
    assert done[0] == 25
    assert (found.som.weights == wanted.som.weights).all()
    assert found.history == wanted.history
    for one, other in zip(weights_of(whole), weights_of(again), strict=True):
        assert (one == other).all()


def test_legacy_distance_shears_the_map():
    """On a curved sheet, second-best units lie on one diagonal more than the other."""
    rng = np.random.default_rng(1)
    place = rng.uniform(-1, 1, (3000, 2))
    bends = np.sin(place @ rng.normal(size=(2, 8)))
    x = (bends + 0.02 * rng.normal(size=bends.shape)).astype(np.float32)
    few = how(iterations=400, decay=400, batch=128, rate=5e-3, gamma=1e-1)
    shares = {}
    for metric in ("manhattan", "legacy"):
        seeded(1)
        pair = perceptron(8, 4, (16,))
        units = Units(rows=8, columns=8, metric=metric)
        made = train(pair, Samples(x), units, few, 1)
        latent = Network(*pair).encode(x)
        assert topographic_error(made.som, latent) < 0.1
        row, column = np.divmod(two_best(made.som, latent), 8)
        turn = np.diff(row, axis=1) * np.diff(column, axis=1)
        shares[metric] = [(turn == sign).mean() for sign in (1, -1)]
    diagonal, other = shares["legacy"]
    assert other > 3 * diagonal
    assert shares["manhattan"][1] < 3 * shares["manhattan"][0] + 0.02


@pytest.mark.parametrize("topology", ["sheet", "torus"])
def test_hexagonal_maps_of_images_train(topology):
    """With a loss of one's own, and samples that have no weights."""
    rng = np.random.default_rng(1)
    place = rng.uniform(-1, 1, (400, 2))
    images = np.tanh(place @ rng.normal(size=(2, 16))).reshape(-1, 4, 4, 1)
    units = Units(rows=6, columns=5, lattice="hexagonal", topology=topology)
    layers = keras.layers
    seeded(1)
    flat, row = perceptron(16, 3, (12,))
    start, code = keras.Input((4, 4, 1)), keras.Input((3,))
    encoder = keras.Model(start, flat(layers.Flatten()(start)))
    decoder = keras.Model(code, layers.Reshape((4, 4, 1))(row(code)))

    def absolute(x, made, _):
        return keras.ops.mean(keras.ops.abs(x - made), axis=(1, 2, 3))

    made = train(
        (encoder, decoder),
        Samples(images),
        units,
        how(iterations=300),
        1,
        loss=absolute,
    )
    assert (made.som.lattice, made.som.topology) == ("hexagonal", topology)
    first, last = made.history[0], made.history[-1]
    assert last["L"] < first["L"]
    assert last["latent_topographic_err"] < 0.2


def test_loss_that_explodes_is_told():
    """Not trained on in silence."""
    flux, _ = sheet_of_spectra(64, 1)
    pair = build("mlp", PIXELS, LATENT)
    with pytest.raises(FloatingPointError, match="lower the rate"):
        train(pair, Samples(1e19 * flux), UNITS, how(rate=1), 1)


OTHER_BACKEND = """
import numpy as np
from skyloom.spectra.desom.backend import keras, values
from skyloom.spectra.desom.model import neighbourhood, squared_distances
rng = np.random.default_rng(1)
z, m = (rng.normal(size=(n, 3)).astype("f4") for n in (4, 6))
near = squared_distances(keras.ops.convert_to_tensor(z), keras.ops.convert_to_tensor(m))
wanted = ((z[:, None] - m) ** 2).sum(axis=2)
np.testing.assert_allclose(values(near), wanted, rtol=1e-4, atol=1e-5)
apart = np.abs(np.arange(6)[:, None] - np.arange(6)).astype("f4") ** 2
weight = values(neighbourhood(near, apart, np.full((4, 1), 2, "f4")))
np.testing.assert_allclose(weight, np.exp(-apart[wanted.argmin(axis=1)] / 4), rtol=1e-5)
"""


def test_loss_on_another_backend(checkout):
    """PyTorch computes the same distances and neighbourhoods."""
    env = {"KERAS_BACKEND": "torch", "PYTHONPATH": str(checkout / "workflow/lib")}
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND], check=True, env=os.environ | env
    )
