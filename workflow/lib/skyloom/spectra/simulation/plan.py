"""The names of the simulated galaxies, from the configuration alone."""

from __future__ import annotations

from collections.abc import Mapping

from skyloom.run.seeds import rng

FIRST_PLATE = 9001
FIRST_NUMBER = 40_001  # of mangaID 1-<number>
UNITS_OF_A_PLATE = 17
# Units of a MaNGA cartridge by number of fibres (Drory et al. 2015, AJ 149, 77).
CARTRIDGE = {19: 2, 37: 4, 61: 4, 91: 2, 127: 5}


def planned(simulate: Mapping, seed: int) -> dict[str, str]:
    """Return the plate-IFU and the mangaID of each simulated galaxy, in order.

    `simulate` is the section of the configuration; ``9001-1901`` is the first unit
    with 19 fibres of plate 9001. A galaxy's name does not depend on their number.
    """
    sizes = sorted(simulate["fibres"])
    shares = [CARTRIDGE[size] for size in sizes]
    names = {}
    for i in range(simulate["galaxies"]):
        plate, unit = divmod(i, UNITS_OF_A_PLATE)
        lot = rng(seed, "fibres", i).integers(sum(shares))
        fibres = next(s for n, s in enumerate(sizes) if lot < sum(shares[: n + 1]))
        name = f"{FIRST_PLATE + plate}-{fibres}{unit + 1:02d}"
        names[name] = f"1-{FIRST_NUMBER + i}"
    return names
