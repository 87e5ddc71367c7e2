"""The confidence of broad absorption as a probability.

The loss weighs the few boxes with a line as much as the many without, so that the odds
a network learns are too high by the ratio of their numbers, some 300 for broad
absorption. Lines are found by a threshold, which is calibrated; a BAL's confidence is
used as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skyloom.quasars.ensemble.data import TrainingData
from skyloom.quasars.network.parameters import Parameters


def with_true_odds(network: Parameters, data: TrainingData) -> Parameters:
    r"""Return a network whose BAL boxes have the odds of the sample it learned from.

    With :math:`N_1` boxes that have a line and :math:`N_2` that have none, both
    weighted, the boxes' logits lose :math:`\ln(N_2 / N_1)`. A head without examples of
    both stays as it is.
    """
    boxes = network.arch.boxes
    there = np.einsum("nh,nhb->h", data.weight, data.y[..., :boxes], dtype=np.float64)
    absent = boxes * data.weight.sum(axis=0, dtype=np.float64) - there
    both = network.arch.heads.is_bal & (there > 0) & (absent > 0)
    ratio = np.divide(absent, there, out=np.ones_like(there), where=both)
    bias = network.arrays["box/bias"] - np.repeat(np.log(ratio), boxes)
    return replace(network, arrays={**network.arrays, "box/bias": bias})
