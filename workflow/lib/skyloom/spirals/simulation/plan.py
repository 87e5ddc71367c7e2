"""Which galaxies a simulated survey has, and what their files are called."""

from __future__ import annotations

from collections.abc import Mapping

from skyloom.run.seeds import rng

# Fibres of MaNGA's IFUs, and how many of 100 galaxies have one.
IFUS = {19: 12, 37: 24, 61: 22, 91: 14, 127: 28}
BRICKS = 2500  # of a survey, of 40 galaxies each
FIRST = {"mangaid": 300_000, "subject": 14_700_000, "brick": 400_000}


def planned(simulate: Mapping, seed: int) -> dict[str, bool]:
    """Return the names of the galaxies, and whether volunteers were asked to draw.

    Those that were have GZ3D's name, ``gz3d_<MANGAID>_<IFU>_<subject>``; of the others
    there are votes only, and their name is Galaxy Zoo DESI's, ``<brick>_<object>``.
    """
    names, sizes = {}, list(IFUS)
    weights = [IFUS[size] / 100 for size in sizes]
    for number in range(simulate["galaxies"]):
        draw = rng(seed, "plan", number)
        marked = bool(draw.random() < simulate["marked"])
        ifu = int(draw.choice(sizes, p=weights))
        # Another survey has other galaxies: nobody shall take them for these.
        mangaid = FIRST["mangaid"] + 100_000 * seed + number
        subject = FIRST["subject"] + number
        drawn = f"gz3d_1-{mangaid}_{ifu}_{subject}"
        names[drawn if marked else dr8_id(number, seed)] = marked
    return names


def dr8_id(number: int, seed: int) -> str:
    """Return the name that Galaxy Zoo DESI's catalogue has for a galaxy."""
    brick = FIRST["brick"] + BRICKS * seed + number // 40
    return f"{brick}_{1000 + number % 40}"
