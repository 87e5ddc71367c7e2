"""The files of a simulated galaxy, in the formats of real ones, and its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from skyloom.io.documents import write_json
from skyloom.io.record import cards
from skyloom.run.seeds import rng
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.cutouts.files import write_cutout
from skyloom.spirals.geometry import Canvas, picture_stamp
from skyloom.spirals.gz3d.galaxy import NAME, Clicks, Gz3d, Strokes
from skyloom.spirals.gz3d.writing import write_gz3d
from skyloom.spirals.questions import question
from skyloom.spirals.simulation.galaxy import ARM_WIDTHS, Galaxy, measures
from skyloom.spirals.simulation.render import Scene, cutout, scene, sdss_picture
from skyloom.spirals.simulation.shapes import draw
from skyloom.spirals.simulation.volunteers import drawings


def write_galaxy(
    row: Mapping,
    paths: Mapping[str, Path],
    simulate: Simulate,
    seed: int,
    provenance: Mapping,
) -> None:
    """Write the files of a galaxy.

    Parameters
    ----------
    row : mapping
        Of `population.population`.
    paths : mapping of str to Path
        ``cutout`` and ``truth``, and ``gz3d`` of a marked galaxy.
    simulate, seed
        The settings.
    provenance : mapping
        What made them.
    """
    name = row["name"]
    galaxy = draw(simulate.population, seed, name)
    stamp = picture_stamp(row["ra"], row["dec"], row["pixscale"], simulate.image_size)
    canvas = Canvas(row["ra"], row["dec"])
    drawn = scene(galaxy, max(stamp.field, canvas.stamp.field), seed)
    pixels = cutout(drawn.noisy, drawn, stamp.field, stamp.size)
    write_cutout(paths["cutout"], pixels, stamp, "grz", cards(provenance))
    if row["marked"]:
        marked = _gz3d(row, galaxy, drawn, canvas, simulate, seed)
        write_gz3d(Path(paths["gz3d"]).parent, marked)
    truth = {key: row[key] for key in ("name", "ra", "dec", "pixscale")}
    truth |= {"galaxy": asdict(galaxy), "arm_widths": ARM_WIDTHS}
    truth["measures"] = measures(galaxy)
    write_json(paths["truth"], truth | {"provenance": provenance})


def _gz3d(
    row: Mapping,
    galaxy: Galaxy,
    drawn: Scene,
    canvas: Canvas,
    simulate: Simulate,
    seed: int,
) -> Gz3d:
    name, number = row["name"], simulate.volunteers.drawing
    r = rng(seed, "gz3d", name)
    mangaid, ifu, subject = NAME.fullmatch(name).groups()
    made = {}
    for kind in ("spiral", "bar"):
        if row[f"{kind}_served"]:
            paths = drawings(kind, galaxy, canvas, number, seed, name)
            made[kind] = Strokes(*_classified(number, r), paths)
    middles = tuple(canvas.size / 2 + r.normal(0, 3, (1, 2)) for _ in range(number))
    nothing = tuple(np.zeros((0, 2)) for _ in range(number))
    clicks = Clicks(*_classified(number, r), middles, nothing)
    place = SkyCoord(row["ra"], row["dec"], unit=u.deg)
    hours = place.ra.to_string(u.hour, sep="", precision=2, pad=True)
    degrees = place.dec.to_string(sep="", precision=1, pad=True, alwayssign=True)
    metadata = {
        "ra": canvas.ra,
        "dec": canvas.dec,
        "MANGAID": mangaid,
        "IAUNAME": f"J{hours}{degrees}",
        "IFUDESIGNSIZE": float(ifu),
        "MANGA_TILEID": float(r.integers(1, 9000)),
        "nsa_id": int(subject),
        "explorer_link": "",
        "GZ_total_classifications": _votes(row, "smooth-or-featured").sum(),
        "GZ_bar_votes": _votes(row, "bar")[:2].sum(),
        "GZ_spiral_votes": _votes(row, "has-spiral-arms")[0],
        "sample": "simulated",
    }
    # Whole in memory: astropy writes a mere view value by value.
    picture = sdss_picture(drawn, canvas, int(ifu), r)[::-1].copy()
    return Gz3d(name, canvas, metadata, clicks=clicks, image=picture, **made)


def _votes(row: Mapping, name: str) -> np.ndarray:
    return np.array([row[column] for column in question(name).names])


def _classified(number: int, r) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return identifiers and times of classifications."""
    ids = np.sort(r.choice(10_000_000, number, replace=False)) + 30_000_000
    days = r.integers(1, 29, number)
    times = tuple(f"2017-03-{day:02d} 12:{r.integers(60):02d}:00 UTC" for day in days)
    return tuple(ids.tolist()), times
