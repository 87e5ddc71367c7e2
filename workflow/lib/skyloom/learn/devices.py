"""A GPU that a setting asks for: there, or refused in words before the work begins."""

from __future__ import annotations

import os
from typing import Literal

# How the build for GPUs of an installed version comes: the README's lines.
BUILDS = (
    "with conda: delete .snakemake/conda, then CONDA_OVERRIDE_CUDA=12.9 snakemake "
    "--sdm conda --conda-create-envs-only --cores 1; with pip: {pip}; on a cluster of "
    "the Alliance: pip install --no-index --no-deps --force-reinstall {name}"
)
PIP = {
    "torch": "pip install --isolated --force-reinstall -c envs/lock.txt "
    "torch=={version}",
    "tensorflow": "pip uninstall -y tensorflow-cpu, then pip install -c envs/lock.txt "
    "'tensorflow[and-cuda]=={version}'",
}
# Why a build for GPUs sees none.
ELSEWHERE = (
    "on a cluster run it with --profile slurm, whose jobs ask for GPUs, and in a "
    "container with --apptainer-args=--nv; if nvidia-smi shows one on that node, its "
    "driver is too old for this build's CUDA, or CUDA's libraries are not installed"
)


def require_gpu(
    framework: Literal["torch", "tensorflow"], setting: str, device: str
) -> None:
    """Refuse a GPU that the installed framework, or this job, does not have.

    Parameters
    ----------
    framework : str
        Which is to run on it.
    setting : str
        Key of the configuration that asks for it.
    device : str
        ``"cuda"``, ``"cuda:1"``..., or ``"cpu"``, which is never refused.

    Raises
    ------
    RuntimeError
        A build for CPUs, with what installs the one for GPUs; a GPU out of sight.
    """
    kind, _, number = device.partition(":")
    if kind == "cpu":
        return
    version, built, seen = _torch() if framework == "torch" else _tensorflow()
    who = f"{setting} asks for {device}, but {framework} {version}"
    if not built:
        plain = version.split("+")[0]
        pip = PIP[framework].format(version=plain)
        how = BUILDS.format(pip=pip, name=framework)
        msg = f"{who} is a build for CPUs; take the CPU, or the build for GPUs: {how}"
        raise RuntimeError(msg)
    if int(number or 0) >= seen:
        given = os.environ.get("CUDA_VISIBLE_DEVICES", "not set")
        msg = f"{who}, a build for GPUs, sees {seen} (CUDA_VISIBLE_DEVICES: {given}): "
        raise RuntimeError(msg + ELSEWHERE)


# One framework takes seconds to load; an environment may have only one of them.
def _torch() -> tuple[str, bool, int]:
    """Return the version, whether it is built for GPUs, and how many it sees."""
    import torch  # noqa: PLC0415

    built = torch.backends.cuda.is_built()
    return torch.__version__, built, torch.cuda.device_count()


def _tensorflow() -> tuple[str, bool, int]:
    import tensorflow as tf  # noqa: PLC0415

    built = tf.test.is_built_with_gpu_support()
    return tf.__version__, built, len(tf.config.list_physical_devices("GPU"))
