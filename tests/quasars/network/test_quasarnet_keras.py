"""The Keras model, its loss, and its files, on every backend."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from random_networks import PADDED, SMALL, random_network, spectra
from skyloom.quasars.ensemble.train import quasarnet_loss
from skyloom.quasars.network import run_keras, run_numpy
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.lines import targets
from skyloom.quasars.network.model import build, parameters_of, save_member
from skyloom.quasars.spectra.grid import LINEAR

TRAIN = """
import numpy as np, keras
from keras import ops
from random_networks import SMALL, random_network, spectra
from skyloom.quasars.network import run_keras, run_numpy
from skyloom.quasars.network.lines import targets
from skyloom.quasars.ensemble.train import quasarnet_loss
from skyloom.quasars.network.model import build, parameters_of

assert keras.backend.backend() == "{backend}"
network, x = random_network(SMALL), spectra(64, SMALL)
reference = run_numpy.Runner([network]).predict(x)
assert np.abs(run_keras.Runner([network]).predict(x) - reference).max() < 1e-5
keras.utils.set_random_seed(1)
model, yes = build(SMALL), np.ones(64, bool)
z = np.random.default_rng(0).uniform(1.5, 3.5, 64)
y, weight = targets(z, yes, yes, yes, SMALL.heads, SMALL.grid)
model.compile(keras.optimizers.Adam(1e-2), loss=quasarnet_loss)
losses = [float(model.train_on_batch(x[:, :, None], y)) for _ in range(8)]
assert np.isfinite(losses).all() and losses[-1] < losses[0], losses
own = float(ops.convert_to_numpy(quasarnet_loss(ops.convert_to_tensor(y),
            ops.convert_to_tensor(reference[0]), ops.convert_to_tensor(weight))))
trained = run_numpy.Runner([parameters_of(model)]).predict(x)[0]
seen = model.predict(x[:, :, None], verbose=0)
assert np.abs(trained - seen).max() < 1e-5
print(own)
"""


@pytest.mark.parametrize(
    "arch",
    [SMALL, PADDED, Architecture(n_layers=4, filters=6, dense=5, grid=LINEAR)],
    ids=["valid", "same", "linear"],
)
def test_keras_is_numpy(arch):
    """Outputs of stored weights, to 1e-5."""
    networks, x = [random_network(arch, seed) for seed in range(2)], spectra(9, arch)
    reference = run_numpy.Runner(networks).predict(x)
    assert run_keras.Runner(networks, batch=4).predict(x) == pytest.approx(
        reference, abs=1e-5
    )


def test_no_spectra():
    """None in, none out."""
    runner = run_keras.Runner([random_network(SMALL)])
    assert runner.predict(spectra(0, SMALL)).shape == (1, 0, 7, 26)


@pytest.mark.parametrize("arch", [SMALL, PADDED], ids=["valid", "same"])
def test_keras_opens_our_files(tmp_path, arch):
    """Layer by layer the model that `build` makes, with the same outputs."""
    network, x = random_network(arch), spectra(5, arch)
    save_member(tmp_path / "net.keras", network, {})
    loaded, built = keras.models.load_model(tmp_path / "net.keras"), build(arch)
    names = [layer.name for layer in built.layers]
    assert [layer.name for layer in loaded.layers] == names
    for ours, theirs in zip(built.layers, loaded.layers, strict=True):
        assert settings(ours) == settings(theirs)
    outputs = run_numpy.Runner([network]).predict(x)[0]
    seen = loaded.predict(x[:, :, None], verbose=0)
    assert seen == pytest.approx(outputs, abs=1e-5)


def settings(layer):
    """Return a layer's settings without those that only a training sees."""
    config = layer.get_config()
    return {k: v for k, v in config.items() if not k.endswith("_initializer")}


def test_a_model_and_its_file(tmp_path):
    """What is saved from a Keras model is read back."""
    keras.utils.set_random_seed(2)
    model = build(SMALL)
    save_member(tmp_path / "net.keras", parameters_of(model), {"seed": 2})
    again = read_parameters(tmp_path / "net.keras").arrays
    for name, array in parameters_of(model).arrays.items():
        assert (again[name] == array).all()


def test_initial_heads_are_glorot_of_one_head():
    """All heads share a layer, but not its width."""
    keras.utils.set_random_seed(3)
    kernel = parameters_of(build(Architecture(n_layers=4))).arrays["box/kernel"]
    assert np.abs(kernel).max() == pytest.approx(np.sqrt(6 / 113), rel=1e-2)


def reference_loss(y, predicted, weight):
    """Return the loss, head by head in float64."""
    total = 0.0
    for head in range(y.shape[1]):
        w = weight[:, head, None].astype(float)
        truth, chance = y[:, head, :13].astype(float), predicted[:, head, :13]
        chance = np.clip(chance.astype(float), 1e-7, 1 - 1e-7)
        miss = (y[:, head, 13:] - predicted[:, head, 13:].astype(float)) ** 2
        there, absent = (w * truth).sum() + 1e-7, (w * (1 - truth)).sum() + 1e-7
        total -= (w * truth * np.log(chance)).sum() / there
        total -= (w * (1 - truth) * np.log(1 - chance)).sum() / absent
        total += (w * truth * miss).sum() / there
    return total


def batch(seed=0, n=20):
    """Return targets, outputs and weights."""
    rng = np.random.default_rng(seed)
    y = np.zeros((n, 7, 26), np.float32)
    for row, head in np.argwhere(rng.random((n, 7)) < 0.4):
        box = rng.integers(13)
        y[row, head, [box, 13 + box]] = 1, rng.random()
    predicted = rng.uniform(0, 1, y.shape).astype(np.float32)
    return y, predicted, (rng.random((n, 7)) < 0.7).astype(np.float32)


def test_loss_is_the_formula():
    """With weights and without."""
    y, predicted, weight = batch()
    loss = float(quasarnet_loss(y, predicted, weight))
    assert loss == pytest.approx(reference_loss(y, predicted, weight), rel=1e-5)
    plain = float(quasarnet_loss(y, predicted))
    ones = np.ones_like(weight)
    assert plain == pytest.approx(reference_loss(y, predicted, ones), rel=1e-5)


def test_weight_zero_is_absence():
    """An object of weight 0 could as well not be there, whatever its target."""
    y, predicted, weight = batch()
    weight[:5] = 0
    y[:5] = 1 - y[:5]
    whole = float(quasarnet_loss(y, predicted, weight))
    rest = float(quasarnet_loss(y[5:], predicted[5:], weight[5:]))
    assert whole == pytest.approx(rest, rel=1e-6)


def test_loss_without_any_truth():
    """A batch of nothing known costs nothing, and is no NaN."""
    y, predicted, weight = batch()
    assert float(quasarnet_loss(y, predicted, 0 * weight)) == pytest.approx(0)


def test_loss_of_certain_errors_is_finite():
    """Probabilities of exactly 0 and 1 are clipped."""
    y, _, weight = batch()
    assert np.isfinite(float(quasarnet_loss(y, 1 - y, weight)))


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_other_backends(backend, checkout):
    """Build, predict, train and read back under another Keras backend."""
    paths = (checkout / "workflow" / "lib", checkout / "tests" / "quasars" / "network")
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
    }
    done = subprocess.run(
        [sys.executable, "-c", TRAIN.format(backend=backend)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    network, x = random_network(SMALL), spectra(64, SMALL)
    outputs, yes = run_numpy.Runner([network]).predict(x)[0], np.ones(64, bool)
    z = np.random.default_rng(0).uniform(1.5, 3.5, 64)
    y, weight = targets(z, yes, yes, yes, SMALL.heads, SMALL.grid)
    loss = reference_loss(y, outputs, weight)
    assert float(done.stdout) == pytest.approx(loss, rel=1e-5)
