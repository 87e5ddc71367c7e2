"""What jobs ask a cluster for: more at each attempt, memory by what they hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

DAY = 1440  # [min]; longer jobs wait long on most clusters, or are refused
# [MB] of the two Snakemakes that share a job's allocation on Slurm with its script: 350
# measured there with plugin 2.8.0, before the script begins.
STARTERS = 400


def minutes(first: int) -> Callable[..., int]:
    """Return a Snakemake resource function for ``runtime``: `first` times the attempt.

    Never more than a day. A training that needs longer goes on from its last state at
    each attempt, and at the next start of Snakemake; ``--set-resources
    RULE:runtime=2d`` asks for more.
    """
    return lambda wildcards, attempt: min(first * attempt, DAY)


def memory(
    first: int,
    *,
    per_thread: int = 0,
    per_input_mb: float = 0.0,
    held: str | None = None,
) -> Callable[..., int]:
    """Return a Snakemake resource function for ``mem_mb``.

    Parameters
    ----------
    first : int
        What the script takes [MB]; `STARTERS` are added.
    per_thread : int
        And each of its worker processes [MB].
    per_input_mb : float
        And each MB of its input files, where all of them are held at once [MB].
    held : str, optional
        The name of the input that is held, one file, where the others are not; runs
        that have no such input hold nothing of that kind.

    Returns
    -------
    callable
        ``f(wildcards, input, attempt, threads)``: the sum, times the attempt.
    """

    def request(wildcards: object, input, attempt: int, threads: int) -> int:  # noqa: A002 - Snakemake's name
        size = 0.0
        if per_input_mb:
            size = _size(input.get(held)) if held else input.size_mb
        script = first + per_thread * threads + per_input_mb * size
        return int((STARTERS + script) * attempt)

    return request


def _size(path: str | None) -> float:
    return Path(path).stat().st_size / 1e6 if path else 0.0
