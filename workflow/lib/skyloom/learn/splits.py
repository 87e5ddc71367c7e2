"""Objects dealt to training, validation and test by a hash of their names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from skyloom.io.record import digest_of


def split(names: Iterable, shares: Mapping[str, float], seed: int) -> dict[str, list]:
    """Return the names of each part, sorted; the part ``train`` has what is left.

    Each part has at least one object, as long as there are enough. An object's place
    in the order depends on the seed and its own name only. Shares [fraction] are dealt
    in their order. Names are of objects, never of rows of one object.
    """
    lots = {name: digest_of(["split", seed, name]) for name in names}
    order, found = sorted(lots, key=lots.get), {}
    total = len(order)
    for part, share in shares.items():
        count = max(1, math.floor(total * share + 0.5)) if total else 0
        found[part], order = sorted(order[:count]), order[count:]
    return {"train": sorted(order), **found}
