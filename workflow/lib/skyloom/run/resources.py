"""Resources that grow when a job is tried again."""

from __future__ import annotations

from collections.abc import Callable


def by_attempt(first: int, limit: int | None = None) -> Callable[..., int]:
    """Return a Snakemake resource function that asks for more at each attempt.

    Parameters
    ----------
    first : int
        The request of the first attempt, in the resource's own unit (MB, minutes).
    limit : int, optional
        Never ask for more than this.

    Returns
    -------
    callable
        ``f(wildcards, attempt)``: ``first * attempt``, at most ``limit``.
    """

    def request(wildcards: object, attempt: int) -> int:
        del wildcards
        return first * attempt if limit is None else min(first * attempt, limit)

    return request
