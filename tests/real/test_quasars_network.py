"""The published weights on real spectra: their own stored outputs, by every runner."""

import numpy as np
import pytest
from skyloom.quasars.network import run_keras, run_numpy, run_torch
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import best, decode
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.network.model import save_member

pytestmark = pytest.mark.real
RUNNERS = {
    "numpy": run_numpy.Runner,
    "torch": run_torch.Runner,
    "keras": run_keras.Runner,
}
FILES = {"6 layers": "test_weights_6_layer.h5", "4 layers": "test_weights.h5"}


@pytest.fixture
def folder(real):
    return real / "quasars" / "quasarnp_desi"


@pytest.fixture
def x(folder):
    """Return 24 normalised DESI spectra."""
    return np.load(folder / "coadd_x.npy")


@pytest.mark.parametrize("runner", RUNNERS)
def test_stored_outputs(folder, x, runner):
    """Outputs to 1e-5 and every redshift to 1e-6 (1+z); offsets are rescaled."""
    network = read_parameters(folder / FILES["6 layers"])
    stored = np.load(folder / "qnet_output_6_layer.npy").swapaxes(0, 1)
    outputs = RUNNERS[runner]([network]).predict(x)[0]
    assert outputs == pytest.approx(stored, abs=1e-5)
    ours, theirs = decode(outputs, network.arch), decode(stored, network.arch)
    assert (ours.box == theirs.box).all()
    assert (np.abs(ours.z - theirs.z) <= 1e-6 * (1 + theirs.z)).all()


def test_the_known_quasars(folder, x):
    """Seven of the 24, at the redshifts that TensorFlow gives."""
    network = read_parameters(folder / FILES["6 layers"])
    lines = decode(run_torch.Runner([network]).predict(x)[0], network.arch)
    z, confidence = best(lines)
    known = [2.147, 3.920, 1.472, 0.472, 2.560, 0.960, 2.881]
    assert z[confidence > 0.5] == pytest.approx(known, abs=1e-3)


@pytest.mark.parametrize("weights", FILES)
def test_runners_agree(folder, x, weights):
    """Three runners, one contract, on both published networks."""
    network = read_parameters(folder / FILES[weights])
    outputs = {name: make([network]).predict(x)[0] for name, make in RUNNERS.items()}
    reference = decode(outputs["numpy"], network.arch)
    for found in outputs.values():
        assert found == pytest.approx(outputs["numpy"], abs=1e-5)
        lines = decode(found, network.arch)
        same = lines.box == reference.box
        assert same[reference.confidence > 0.01].all()
        step = np.abs(lines.z - reference.z)[same]
        assert (step <= 1e-6 * (1 + reference.z[same])).all()


def test_stored_lines_of_production_weights(folder):
    """Their confidences, and the redshifts of the BAL head, beyond the grid too."""
    outputs = np.load(folder / "predict_data.npy").swapaxes(0, 1)
    lines = decode(outputs, Architecture())
    confidence = np.load(folder / "predict_lya.npy").T
    assert lines.emission.confidence == pytest.approx(confidence, abs=1e-12)
    z = np.load(folder / "predict_bal.npy").T
    assert lines.z[..., len(LINES) :] == pytest.approx(z, abs=1e-9)


def test_published_weights_as_ours(folder, x, tmp_path):
    """Saved in our format they are the same network."""
    network = read_parameters(folder / FILES["6 layers"])
    save_member(tmp_path / "net.keras", network, {"source": FILES["6 layers"]})
    again = read_parameters(tmp_path / "net.keras")
    one, two = (run_numpy.Runner([n]).predict(x) for n in (network, again))
    assert (one == two).all()
