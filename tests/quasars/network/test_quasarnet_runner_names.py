"""The three runners by name."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from random_networks import SMALL, random_network, spectra
from skyloom.learn import devices
from skyloom.quasars.network.runners import RUNNERS, runner


@pytest.fixture(autouse=True)
def threads():
    """Put the number of torch's threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", RUNNERS)
def test_every_name_is_a_runner(name):
    """All give the same outputs, to 1e-5, of two members."""
    members, x = [random_network(SMALL, seed) for seed in range(2)], spectra(5, SMALL)
    outputs = runner(name)(members).predict(x)
    expected = runner("numpy")(members).predict(x)
    assert outputs.shape == (2, 5, len(SMALL.heads), 26)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_torch_takes_its_threads_and_device():
    """As many cores as the job has."""
    made = runner("torch", "cpu", threads=2)
    assert torch.get_num_threads() == 2
    assert made([random_network(SMALL)]).arch == SMALL


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_gpu_that_is_not_there_is_refused(monkeypatch, name):
    """By the framework that runs, before a spectrum is read."""
    for framework in ("_torch", "_tensorflow"):
        monkeypatch.setattr(devices, framework, lambda: ("9.1+cpu", False, 0))
    with pytest.raises(RuntimeError, match=r"quasars\.survey\.device asks for cuda"):
        runner(name, "cuda")


def test_another_name_is_refused():
    """Those that exist are named."""
    with pytest.raises(ValueError, match="'jax': expected one of numpy, torch, keras"):
        runner("jax")


def test_one_framework_at_most_is_loaded():
    """A node may have only one of them; each takes seconds."""
    code = (
        "import sys; from skyloom.quasars.network.runners import runner;"
        "runner('numpy'); print(*sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert {"torch", "keras", "tensorflow"}.isdisjoint(found.stdout.split())
