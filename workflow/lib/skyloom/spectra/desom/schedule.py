"""How wide the neighbourhood is, and how fast prototypes learn, step by step."""

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


def pace(heat: float) -> float:
    """Return how many times as fast as networks prototypes learn at a temperature.

    With the networks' rate they lag behind the latent space that they are in, and units
    stay empty; ten times as fast in a narrow neighbourhood, they jump from sample to
    sample, and units that touch are no longer alike. So it falls with the temperature.
    """
    return min(10.0, max(1.0, 3 * heat))
