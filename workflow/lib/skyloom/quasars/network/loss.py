"""The loss, in operations that every Keras backend has."""

from __future__ import annotations

from keras import ops

CLIP = 1e-7
EPSILON = 1e-7


def quasarnet_loss(y, predicted, weight=None):
    r"""Return the loss of a batch, one number.

    For one head, with boxes :math:`Y, P` and offsets :math:`x, \hat x`,

    .. math::

        L = -\frac{\sum w\, Y \ln P}{N_1} - \frac{\sum w\,(1-Y) \ln(1-P)}{N_2}
            + \frac{\sum w\, Y (x - \hat x)^2}{N_1},

    where :math:`N_1 = \sum w Y` and :math:`N_2 = \sum w (1-Y)` count over the batch,
    so that the few boxes with a line weigh as much as the many without; the heads
    are summed (Busca & Balland 2018, eq. 3-4). The published code counts in
    :math:`N_1, N_2` objects of weight zero too; for weights of 1 the two agree.

    `y` and `predicted` are (n, heads, 2 * boxes), boxes, then offsets; `weight`
    (n, heads) is of every answer, None is 1.
    """
    boxes = y.shape[-1] // 2
    truth, offset = y[..., :boxes], y[..., boxes:]
    chance = ops.clip(predicted[..., :boxes], CLIP, 1.0 - CLIP)
    counted = ops.ones_like(truth)
    if weight is not None:
        counted = counted * ops.expand_dims(ops.cast(weight, truth.dtype), -1)
    there, absent = counted * truth, counted * (1.0 - truth)
    found = there * ops.log(chance)
    error = there * ops.square(offset - predicted[..., boxes:])
    empty = absent * ops.log(1.0 - chance)
    n_there = ops.sum(there, axis=(0, 2)) + EPSILON
    n_absent = ops.sum(absent, axis=(0, 2)) + EPSILON
    per_head = ops.sum(error - found, axis=(0, 2)) / n_there
    return ops.sum(per_head - ops.sum(empty, axis=(0, 2)) / n_absent)
