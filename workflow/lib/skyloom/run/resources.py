"""Resources that grow when a job is tried again."""

from __future__ import annotations

from collections.abc import Callable


def by_attempt(first: int) -> Callable[..., int]:
    """Return a Snakemake resource function: ``first * attempt``."""
    return lambda wildcards, attempt: first * attempt


def memory(
    first: int, *, per_thread: int = 0, per_input_mb: float = 0.0
) -> Callable[..., int]:
    """Return a Snakemake resource function for ``mem_mb``.

    Parameters
    ----------
    first : int
        What every job takes [MB].
    per_thread : int
        And each of its worker processes [MB].
    per_input_mb : float
        And each MB of its input files, where all of them are held at once [MB].

    Returns
    -------
    callable
        ``f(wildcards, input, attempt, threads)``: the sum, times the attempt.
    """

    def request(wildcards: object, input, attempt: int, threads: int) -> int:  # noqa: A002 - Snakemake's name
        held = per_input_mb * input.size_mb if per_input_mb else 0.0
        return int((first + per_thread * threads + held) * attempt)

    return request
