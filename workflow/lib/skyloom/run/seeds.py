"""Random generators that depend on one number and on the object's own name."""

from __future__ import annotations

import hashlib

import numpy as np


def rng(seed: int, *keys: object) -> np.random.Generator:
    """Return a generator for one object, whatever else is drawn before it.

    `keys` say what is drawn and for which object: ``rng(seed, "volunteer", 20902040)``.
    The same arguments give the same stream on every machine, others an independent one.
    """
    words = "\x1f".join(str(key) for key in (int(seed), *keys))
    digest = hashlib.sha256(words.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))
