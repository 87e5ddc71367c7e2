"""Resources that grow when a job is tried again."""

from __future__ import annotations

from collections.abc import Callable


def by_attempt(first: int) -> Callable[..., int]:
    """Return a Snakemake resource function that asks for more at each attempt.

    Parameters
    ----------
    first : int
        The request of the first attempt, in the resource's own unit (MB, minutes).

    Returns
    -------
    callable
        ``f(wildcards, attempt)``: ``first * attempt``.
    """

    def request(wildcards: object, attempt: int) -> int:
        del wildcards
        return first * attempt

    return request
