"""The temperature: how wide the neighbourhood is, step by step."""

from __future__ import annotations

from skyloom.spectra.config_map import Training


def temperature(iteration: int, training: Training) -> float:
    """Return the width of the neighbourhood ``exp(-d²/T²)`` [grid steps].

    It falls from first to last over the `decay` first iterations, counted from 0, and
    stays there; ``exponential`` by one factor a step, ``linear`` by one difference.

    Source: Forest et al. 2021, Neural Computing and Applications, for the form.
    """
    how = training.temperature
    if how.schedule == "constant":
        return how.first
    done = min(1.0, iteration / max(1, training.decay - 1))
    if how.schedule == "linear":
        return how.first + (how.last - how.first) * done
    return how.first * (how.last / how.first) ** done
