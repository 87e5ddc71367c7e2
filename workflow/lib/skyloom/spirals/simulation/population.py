"""The simulated survey's galaxies on the sky: catalogue, votes, and other targets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.run.seeds import rng
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.questions import columns
from skyloom.spirals.simulation.plan import dr8_id, planned
from skyloom.spirals.simulation.shapes import draw, pixscale
from skyloom.spirals.simulation.votes import count, served, shares, visible

# Parts of the sky that MaNGA and the Legacy Surveys share: RA, Dec [deg], weight.
FIELDS = (((110, 260), (-5, 32), 0.75), ((-50, 60), (-10, 12), 0.25))
OFFSET = 0.3 / np.sqrt(2)  # arcsec an axis between MaNGA's and DESI's positions
REPEATED = 0.015  # GZ3D has it twice, the list once
UNMATCHED = 0.02  # the list's position is off by more than the radius
SHREDS = 0.03  # the list has a piece of it, too
UNVOTED = 0.1  # marked, but without votes
TARGETS = 0.15  # SAMI's, of those with a redshift; as many again are elsewhere


def population(simulate: Simulate, seed: int) -> pd.DataFrame:
    """Return the galaxies, a row each, sorted by name.

    Columns ``name``, ``number`` (of the plan), ``marked``, ``dr8_id`` (None where the
    list has it not), ``ra``, ``dec``, ``ra_desi``, ``dec_desi`` [deg], ``pixscale``
    [arcsec/px], ``redshift``, ``spiral_served``, ``bar_served``, ``voted`` (whether the
    list has its votes), and the votes.
    """
    rows, before = [], None
    plan = planned(simulate.model_dump(), seed)
    for number, (name, marked) in enumerate(plan.items()):
        row = _row(simulate, seed, number, name, marked)
        repeated = rng(seed, "repeated", name).random() < REPEATED
        if repeated and marked and before and before["marked"] and before["dr8_id"]:
            # Observed twice: both match the same galaxy of the list.
            row |= {"ra": before["ra"], "dec": before["dec"] + 0.2 / 3600}
            row["dr8_id"] = None
        rows.append(row)
        before = row
    return pd.DataFrame(rows).sort_values("name", ignore_index=True)


def _row(simulate: Simulate, seed: int, number: int, name: str, marked: bool) -> dict:
    galaxy = draw(simulate.population, seed, name)
    votes = count(
        shares(galaxy, visible(galaxy)), seed, name, simulate.volunteers.voting
    )
    arms, bar = served(votes)
    r = rng(seed, "place", name)
    ra, dec = _place(r)
    far = r.uniform(5, 12) if marked and r.random() < UNMATCHED else 0.0
    east, north = r.normal(0, OFFSET, 2) + far * np.array([0.6, 0.8])
    if not marked:
        east = north = 0.0
    return {
        "name": name,
        "number": number,
        "marked": marked,
        "dr8_id": dr8_id(number, seed),
        "ra": ra,
        "dec": dec,
        "ra_desi": (ra + east / 3600 / np.cos(np.radians(dec))) % 360,
        "dec_desi": dec + north / 3600,
        "pixscale": pixscale(galaxy),
        "redshift": galaxy.redshift,
        "spiral_served": marked and arms,
        "bar_served": marked and bar,
        "voted": not marked or r.random() > UNVOTED,
        **dict(zip(columns(), votes.tolist(), strict=True)),
    }


def _place(r) -> tuple[float, float]:
    """Return a position on the sky, even over its field [deg]."""
    field = FIELDS[int(r.random() > FIELDS[0][2])]
    low, high = np.sin(np.radians(field[1]))
    dec = float(np.degrees(np.arcsin(r.uniform(low, high))))
    return float(r.uniform(*field[0]) % 360), dec


def base_catalogue(galaxies: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the list of galaxies with votes that GZ3D's are matched with.

    As Galaxy Zoo DESI's: dr8_id, ra, dec, est_dr5_pixscale, redshift, and votes. Some
    galaxies are not in it, of some it has a piece besides.
    """
    names = {"ra_desi": "ra", "dec_desi": "dec", "pixscale": "est_dr5_pixscale"}
    listed = galaxies[galaxies["dr8_id"].notna()].drop(columns=["ra", "dec"])
    listed = listed.rename(columns=names).reset_index(drop=True)
    listed.loc[~listed["voted"], columns()] = 0
    draws = [rng(seed, "shred", name) for name in listed["name"]]
    broken = np.array([r.random() < SHREDS for r in draws])
    pieces = listed[broken].copy()
    far = np.array([r.uniform(1.2, 2.8) for r in draws])[broken] / 3600
    pieces["dec"] += far
    pieces["dr8_id"] += "9"
    pieces[columns()] = 0
    kept = ["dr8_id", "ra", "dec", "est_dr5_pixscale", "redshift", *columns()]
    table = pd.concat([listed, pieces])[kept]
    return table.sort_values("dr8_id", ignore_index=True)


def sami_targets(galaxies: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return a list of targets as SAMI's: name, ra, dec, redshift; half match none."""
    rows = []
    for row in galaxies.itertuples():
        r = rng(seed, "sami", row.name)
        if r.random() > TARGETS:
            continue
        off = r.normal(0, OFFSET, 2) / 3600
        own = {"ra": (row.ra + off[0]) % 360, "dec": row.dec + off[1]}
        ra, dec = _place(r)
        for place, z in ((own, row.redshift), ({"ra": ra, "dec": dec}, 0.04)):
            name = str(9_000_000 + 2 * row.number + len(rows) % 2)
            rows.append({"name": name, **place, "redshift": z})
    table = pd.DataFrame(rows, columns=["name", "ra", "dec", "redshift"])
    return table.sort_values("name", ignore_index=True)
