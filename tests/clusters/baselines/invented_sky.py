"""A patch of sky with galaxies at random and one red cluster, without the simulator."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

CENTRE = (30.0, -40.0)
SIDE = 0.3  # deg
ARCMIN2 = (SIDE * 60) ** 2
MAG_ERR = 0.02


def inside(ra, dec):
    """Return which directions are on the patch."""
    turn = (np.asarray(ra) - CENTRE[0] + 180) % 360 - 180
    east = turn * np.cos(np.radians(CENTRE[1]))
    north = np.asarray(dec) - CENTRE[1]
    return (np.abs(east) <= SIDE / 2) & (np.abs(north) <= SIDE / 2)


def field(rng, n=1500):
    """Return galaxies of all colours at random places."""
    east, north = rng.uniform(-SIDE / 2, SIDE / 2, (2, n))
    i = 18 + 5.4 * rng.random(n) ** 0.4
    g_r, r_i, i_z = (rng.uniform(*x, n) for x in ((0.2, 1.9), (0, 1.2), (0, 0.6)))
    mag = np.stack([i + r_i + g_r, i + r_i, i, i - i_z], axis=-1)
    return _table(east, north, mag)


def cluster(rng, red_sequence, z, richness, place=(0.0, 0.0), radius=0.6):
    """Return red galaxies within a radius [Mpc] of a place [deg from the middle]."""
    from skyloom.sky.cosmology import arcsec_per_mpc

    star = red_sequence.m_star(z)
    light = -np.log(1 - rng.random(8 * richness))  # Schechter of slope 0, then cut
    relative = np.sort(-2.5 * np.log10(light[light > 0.25][:richness]))
    reach = radius * arcsec_per_mpc(z) / 3600
    away = reach * rng.random(richness) ** 0.8
    away[0] = 0.0
    turn = rng.uniform(0, 2 * np.pi, richness)
    mag = star + relative[:, None] + rng.normal(0, 0.02, (richness, 4))
    mag[0] = star - 1.2
    return _table(place[0] + away * np.cos(turn), place[1] + away * np.sin(turn), mag)


def blurred(rng, table, error):
    """Return galaxies whose magnitudes have an error more."""
    moved = table.copy()
    moved["MAG"] = table["MAG"] + rng.normal(0, error, table["MAG"].shape)
    moved["MAG_ERR"] = np.hypot(table["MAG_ERR"], error)
    return moved


def _table(east, north, mag):
    ra = (CENTRE[0] + east / np.cos(np.radians(CENTRE[1]))) % 360
    err = np.full(mag.shape, MAG_ERR)
    return Table({"RA": ra, "DEC": CENTRE[1] + north, "MAG": mag, "MAG_ERR": err})
