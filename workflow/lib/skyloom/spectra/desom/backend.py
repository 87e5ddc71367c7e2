"""Keras, loaded so that the same seed gives the same bytes."""

from __future__ import annotations

import os
import warnings

# Read by TensorFlow when it is loaded: one order of sums, and no chatter.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

__all__ = ["keras", "values"]


def values(tensor) -> np.ndarray:
    """Return the values of a variable or tensor."""
    with warnings.catch_warnings():
        # TensorFlow's tensors do not know NumPy 2's keyword `copy`.
        warnings.simplefilter("ignore", DeprecationWarning)
        return keras.ops.convert_to_numpy(tensor)
