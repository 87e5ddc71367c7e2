"""The NumPy and torch runners."""

import tracemalloc

import numpy as np
import pytest
import torch
from random_networks import PADDED, SMALL, random_network, spectra
from skyloom.quasars.network import run_numpy, run_torch
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import decode
from skyloom.quasars.spectra.grid import LINEAR

ARCHITECTURES = {
    "valid": SMALL,
    "same": PADDED,
    "linear valid": Architecture(n_layers=4, filters=6, dense=5, grid=LINEAR),
    "linear same": Architecture(filters=6, dense=5, grid=LINEAR),
    "width 9": Architecture(n_layers=4, filters=6, dense=5, width=9),
    "width 7": Architecture(filters=6, dense=5, width=7),
    "stride 3": Architecture(n_layers=3, filters=6, dense=5, stride=3),
    "no rescaling": Architecture(n_layers=4, filters=6, dense=5, rescale=False),
    "one layer": Architecture(n_layers=1, filters=6, dense=5),
}
pytestmark = pytest.mark.parametrize("arch", ARCHITECTURES.values(), ids=ARCHITECTURES)


@pytest.fixture
def threads():
    """Put the number of torch's threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_torch_is_numpy(arch):
    """Outputs to 1e-5, redshifts to 1e-6 (1+z), for two members at once."""
    members = [random_network(arch, seed) for seed in range(2)]
    x = spectra(37, arch)
    ours = run_torch.Runner(members).predict(x)
    reference = run_numpy.Runner(members, chunk=10).predict(x)
    assert ours.shape == (2, 37, 7, 26)
    assert ours == pytest.approx(reference, abs=1e-5)
    got, wanted = decode(ours, arch), decode(reference, arch)
    same = got.box == wanted.box
    assert same.mean() > 0.999  # but for ties
    step = np.abs(got.z - wanted.z)[same]
    assert (step <= 1e-6 * (1 + wanted.z[same])).all()


def test_outputs_do_not_depend_on_the_threads(arch, threads):
    """Same bytes on one thread or two; alone, the same but for rounding."""
    runner = run_torch.Runner([random_network(arch)], chunk=8)
    x = spectra(20, arch)
    torch.set_num_threads(2)
    together = runner.predict(x)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    assert (runner.predict(x) == together).all()
    assert torch.get_num_threads() == 1
    assert runner.predict(x[3:5]) == pytest.approx(together[:, 3:5], abs=1e-6)


def test_memory_does_not_grow(arch):
    """Beside the outputs themselves, as much for 40 spectra as for 800.

    What is kept for each spectrum would be twenty times as much; what Python and the
    pool of threads happen to hold is some 100 kB.
    """
    for module in (run_numpy, run_torch):
        runner = module.Runner([random_network(arch)], chunk=8)
        runner.predict(spectra(40, arch))
        few, many = (beside_outputs(runner, spectra(n, arch)) for n in (40, 800))
        assert many < 2.0 * few + 2e5


def beside_outputs(runner, x):
    """Return the peak of NumPy's memory in a prediction, less its outputs [bytes]."""
    runner.predict(x)
    tracemalloc.start()
    try:
        size = runner.predict(x).nbytes
        return tracemalloc.get_traced_memory()[1] - size
    finally:
        tracemalloc.stop()


def test_no_spectra(arch):
    """None in, none out."""
    x = spectra(0, arch)
    for module in (run_numpy, run_torch):
        assert module.Runner([random_network(arch)]).predict(x).shape == (1, 0, 7, 26)


def test_bad_spectra(arch):
    """Other pixels, and spectra that are not finite, are refused by both."""
    x = spectra(4, arch)
    x[2, 5] = np.nan
    for module in (run_numpy, run_torch):
        runner = module.Runner([random_network(arch)])
        with pytest.raises(ValueError, match=r"1 spectra are not finite, first: row 2"):
            runner.predict(x)
        with pytest.raises(ValueError, match=r"the network wants \(n, "):
            runner.predict(x[:, 1:])


def test_bad_ensembles(arch):
    """No members, members of two kinds."""
    other = Architecture(n_layers=2, filters=3, dense=4)
    for module in (run_numpy, run_torch):
        with pytest.raises(ValueError, match="no members"):
            module.Runner([])
        with pytest.raises(ValueError, match="member 1 is"):
            module.Runner([random_network(arch), random_network(other)])


def test_extreme_spectra(arch):
    """A spectrum of huge values gives probabilities still, by both."""
    x = 1e6 * spectra(5, arch)
    for module in (run_numpy, run_torch):
        y = module.Runner([random_network(arch)]).predict(x)
        assert np.isfinite(y).all()
        assert ((y[..., :13] >= 0) & (y[..., :13] <= 1)).all()
