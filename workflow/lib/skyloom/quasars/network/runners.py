"""The three runners by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from skyloom.learn.devices import require_gpu
from skyloom.quasars.network.contract import Ensemble
from skyloom.quasars.network.parameters import Parameters

RUNNERS = ("numpy", "torch", "keras")


def runner(
    name: str, device: str = "cpu", threads: int = 1
) -> Callable[[Sequence[Parameters]], Ensemble]:
    """Return what makes an ensemble's runner, and load no other framework.

    `device` is torch's, the others choose theirs; `threads` are the cores to use,
    NumPy's are limited by the environment.

    Raises
    ------
    ValueError
        Another name.
    RuntimeError
        A GPU that the framework's build, or this job, does not have.
    """
    # One framework takes seconds to load; a node may have only one of them.
    if name == "numpy":
        from skyloom.quasars.network import run_numpy  # noqa: PLC0415

        return run_numpy.Runner
    if name == "torch":
        import torch  # noqa: PLC0415

        from skyloom.quasars.network import run_torch  # noqa: PLC0415

        require_gpu("torch", "quasars.survey.device", device)
        torch.set_num_threads(threads)
        return partial(run_torch.Runner, device=device)
    if name == "keras":
        # Read by TensorFlow when it is loaded.
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras  # noqa: PLC0415

        from skyloom.quasars.network import run_keras  # noqa: PLC0415

        if keras.backend.backend() == "tensorflow":
            require_gpu("tensorflow", "quasars.survey.device", device)

        return run_keras.Runner
    msg = f"runner {name!r}: expected one of {', '.join(RUNNERS)}"
    raise ValueError(msg)
