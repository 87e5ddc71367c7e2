"""Galaxies of the simulated survey are drawn: what each is like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skyloom.run.seeds import rng
from skyloom.spirals.config_simulation import Galaxies
from skyloom.spirals.simulation.galaxy import Arm, Bar, Galaxy
from skyloom.spirals.simulation.growth import picture_scale

KINDS = ("spiral", "disk", "smooth", "edge_on")
ARMS = (0.06, 0.66, 0.18, 0.10)  # how often a spiral has 1, 2, 3, 4
# Longest sides of volunteers' boxes of bar and arms: quartiles 0.31, 0.40, 0.52
# (Mask R-CNN labels of zoobot-3d at 5486e86, 749 galaxies).
BAR_TO_ARMS, BAR_SCATTER = 0.40, 0.36


def draw(how: Galaxies, seed: int, key: str) -> Galaxy:
    """Return the galaxy of a key, whatever else is drawn."""
    r = rng(seed, "galaxy", key)
    kinds = how.kinds
    weights = np.array([getattr(kinds, kind) for kind in KINDS])
    kind = str(r.choice(KINDS, p=weights / weights.sum()))
    low, high = how.magnitudes
    magnitude = low + (high - low) * r.random() ** 0.7
    # Sizes as those of MaNGA's: half the light within 6 arcsec or so at magnitude 15.5.
    radius = (7.3 if kind == "spiral" else 6.0) * r.lognormal(0, 0.28)
    radius *= 10 ** (-0.12 * (magnitude - 15.5))
    width = r.uniform(1.1, 1.35)
    base = Galaxy(
        key=key,
        kind=kind,
        magnitude=float(magnitude),
        redshift=float(r.uniform(*how.redshifts)),
        seeing=tuple(float(width * s) for s in (1.06, 1.0, 0.96)),
        axis_ratio=1.0,
        angle=float(r.uniform(0, 180)),
        length=float(radius / 1.68),
        disk=0.0,
        bulge=1.0,
        bulge_radius=float(radius),
        bulge_index=float(r.uniform(2.0, 4.5)),
        bulge_ratio=1.0,
        colours=_colours(kind, r),
        texture=0.0,
        dust=0.0,
        sense=1 if r.random() < 0.5 else -1,
        ring=None,
        bar=None,
        arms=(),
        companions=_companions(radius, r),
    )
    made = {"smooth": _smooth, "edge_on": _edge_on, "disk": _disk, "spiral": _spiral}
    return made[kind](base, how, r)


def _colours(kind: str, r) -> tuple[tuple[float, float], ...]:
    old, young = r.normal(0, 0.05), r.normal(0, 0.1)
    disk = {"disk": 0.68, "spiral": 0.57, "smooth": 0.75, "edge_on": 0.64}[kind]
    gr = (0.86 + old, 0.83 + old, disk + young, disk - 0.18 + young)
    return tuple((float(c), float(0.85 * c - 0.01)) for c in gr)


def _companions(radius: float, r) -> tuple[tuple[float, ...], ...]:
    if r.random() > 0.08:
        return ()
    angle, far = r.uniform(0, 2 * np.pi), radius * r.uniform(1.5, 4.5)
    place = float(far * np.cos(angle)), float(far * np.sin(angle))
    return ((*place, float(r.uniform(0.05, 0.5)), float(radius * r.uniform(0.2, 0.6))),)


def _smooth(base: Galaxy, how: Galaxies, r) -> Galaxy:
    return replace(base, bulge_ratio=float(1 - 0.55 * r.random() ** 1.3))


def _edge_on(base: Galaxy, how: Galaxies, r) -> Galaxy:
    bulge = float(r.uniform(0.0, 0.35))
    return replace(
        base,
        axis_ratio=float(r.uniform(0.1, 0.26)),  # scale height over length
        length=base.length * 1.2,
        disk=1 - bulge,
        bulge=bulge,
        bulge_radius=base.length * float(r.uniform(0.3, 0.7)),
        bulge_index=float(r.uniform(1, 3)),
        bulge_ratio=float(r.uniform(0.5, 0.9)),
        texture=float(r.uniform(0.05, 0.25)),
        dust=float(max(0.0, r.uniform(-0.5, 0.7))),
    )


def _inclined(base: Galaxy, r, bulge: tuple[float, float]) -> Galaxy:
    share = float(r.uniform(*bulge))
    ratio = float(r.uniform(0.45, 1.0))  # cos i is uniform
    return replace(
        base,
        axis_ratio=ratio,
        disk=1 - share,
        bulge=share,
        bulge_radius=base.length * float(r.uniform(0.2, 0.5)),
        bulge_index=float(r.uniform(1, 3)),
        bulge_ratio=0.4 + 0.6 * ratio,
    )


def _barred(base: Galaxy, how: Galaxies, r, ends: float) -> Galaxy:
    """Return it with a bar, as often as settings say; the arms reach to `ends`."""
    if r.random() > how.kinds.barred:
        return base
    half = np.clip(BAR_TO_ARMS * r.lognormal(0, BAR_SCATTER), 0.15, 0.75) * ends
    share = float(0.05 + 0.25 * r.random() ** 1.3)
    bar = Bar(
        half=float(half),
        axis_ratio=float(r.uniform(0.2, 0.42)),
        angle=float(r.uniform(0, np.pi)),
        boxiness=float(r.uniform(2, 3)),
        edge=float(r.uniform(2, 4)),
        share=share,
        depletion=float(min(0.85, 4 * share) * r.uniform(0.5, 1)),
    )
    rest = 1 - share
    return replace(base, bar=bar, disk=base.disk * rest, bulge=base.bulge * rest)


def _disk(base: Galaxy, how: Galaxies, r) -> Galaxy:
    base = _inclined(base, r, (0.05, 0.5))
    ends = float(3.3 * base.length * r.lognormal(0, 0.15))
    base = _barred(base, how, r, ends)
    looks = r.random()
    if looks < 0.35:
        at = base.bar.half * r.uniform(1.0, 1.25) if base.bar else r.uniform(1.3, 2.6)
        radius = float(at if base.bar else at * base.length)
        base = replace(base, ring=(radius, radius * 0.14, float(r.uniform(0.3, 1.5))))
    return replace(base, texture=float(r.uniform(0.3, 0.8) if looks > 0.75 else 0.15))


def _spiral(base: Galaxy, how: Galaxies, r) -> Galaxy:
    base = _inclined(base, r, (0.03, 0.35))
    ends = float(3.2 * base.length * np.clip(r.lognormal(0, 0.16), 0.7, 1.25))
    base = _barred(base, how, r, ends)
    n = 2 if base.bar and r.random() < 0.7 else int(r.choice(4, p=ARMS)) + 1
    pitch, contrast = r.uniform(*how.pitch_angle), r.uniform(*how.contrast)
    first = base.bar.angle if base.bar else r.uniform(0, 2 * np.pi)
    start = base.bar.half * 0.95 if base.bar else base.length * r.uniform(0.35, 0.9)
    # Tightly wound arms are narrower, or they would not be apart.
    width = base.length * r.uniform(0.16, 0.32) * np.clip(pitch / 22, 0.35, 1.2) ** 0.6
    arms = []
    for i in range(n):
        away = 0 if base.bar and i < 2 else r.normal(0, 0.2)
        arms.append(
            Arm(
                turn=float(first + 2 * np.pi * i / n + away),
                pitch=float(np.clip(pitch + r.normal(0, 1.5), 5, 60)),
                start=float(start * (1 if base.bar else r.lognormal(0, 0.12))),
                end=float(max(ends * r.lognormal(0, 0.13), 1.6 * start)),
                width=float(width * r.lognormal(0, 0.12)),
                contrast=float(contrast * r.lognormal(0, 0.25)),
                wave=tuple(float(f) for f in _wave(r)),
            )
        )
    ring = None
    if base.bar and r.random() < 0.2:
        ring = (base.bar.half, base.bar.half * 0.15, float(r.uniform(0.2, 0.6)))
    texture, dust = float(r.uniform(0.15, 0.5)), float(r.uniform(0, 0.35))
    return replace(base, arms=tuple(arms), ring=ring, texture=texture, dust=dust)


def _wave(r) -> tuple[float, float, float]:
    return r.uniform(0, 0.14), r.uniform(3, 6), r.uniform(0, 2 * np.pi)


def pixscale(galaxy: Galaxy) -> float:
    """Return the scale of its picture of 424 px [arcsec/px], by the survey's rule."""
    flat = 1.0 if galaxy.kind == "smooth" else galaxy.axis_ratio
    disk = (galaxy.disk + (galaxy.bar.share if galaxy.bar else 0), galaxy.length)
    ratio = np.sqrt(max(flat, 0.43))
    bulge = galaxy.bulge_radius * np.sqrt(galaxy.bulge_ratio)
    return picture_scale(disk[0], disk[1] * ratio, bulge, galaxy.bulge_index)
