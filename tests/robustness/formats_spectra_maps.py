"""The formats of the area `spectra`: maps, and what is known of galaxies on them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import small_fingerprints
import small_maps
from placed_spectra import population, trained
from rows import Format, finite, within
from skyloom.som import model as soms
from skyloom.som.model import Som
from skyloom.spectra.desom.archive import read_archive
from skyloom.spectra.desom.files import read_desom
from skyloom.spectra.desom.history import read_log, write_log
from skyloom.spectra.galaxies import files as fingerprints
from skyloom.spectra.labels.files import read_labels, write_labels
from skyloom.spectra.mapping.files import read_plain, write_map
from skyloom.spectra.rest.files import read_array, read_spectra, table_of, write_spectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks.galaxy_map import Placed, read_placed, write_placed
from skyloom.spectra.tasks.place import read_model
from skyloom.spectra.tasks.reading import read_map


@cache
def model():
    return trained(population(120, np.random.default_rng(0)), shape=(3, 3))


def rest(kind: str):
    def make(folder: Path) -> Path:
        grid = RestGrid(3600.0, 8e-3, 56)
        write_spectra(folder / "spec.npy", small_maps.spectra(6, 1, grid=grid))
        return folder / {"flux": "spec.npy", "info": "spec_info.fits"}[kind]

    return make


def rest_of(path: Path) -> tuple:
    found = read_spectra(path.parent / "spec.npy")
    return (
        np.array(found.flux),
        np.array(found.ivar),
        found.info,
        found.grid,
        found.scaled,
    )


def sane_rest(found) -> None:
    flux, ivar, info, _, _ = found
    # Pixels are mapped from the disk, and not looked at before they are used.
    assert len(flux) == len(ivar) == len(info), "another number of rows"


def prints(kind: str):
    def make(folder: Path) -> Path:
        made, _ = small_fingerprints.fingerprints(8)
        table = table_of(made.info)
        fingerprints.write_fingerprints(
            folder / "a.npy", made.shares, table, made.layout
        )
        return folder / {"shares": "a.npy", "info": "a_info.fits"}[kind]

    return make


def prints_of(path: Path):
    return fingerprints.read_fingerprints(path.parent / "a.npy")


def sane_prints(found) -> None:
    total = found.shares.sum(axis=1)
    finite(found.shares)
    assert ((np.abs(total - 1) < 1e-3) | (total == 0)).all(), (
        "shares that do not add up"
    )
    assert not found.info["plateifu"].duplicated().any(), "a galaxy in two rows"


def one_print(kind: str):
    def make(folder: Path) -> Path:
        made, _ = small_fingerprints.fingerprints(8)
        info = table_of(made.info[["plateifu", "meansn2", "redshift"]])
        head = {fingerprints.GALAXY: "8000-1901"}
        place = folder / "8000-1901.npy"
        fingerprints.write_fingerprints(place, made.shares[0], info, made.layout, head)
        return {"shares": place, "info": fingerprints.info_path(place)}[kind]

    return make


def print_of(path: Path):
    return fingerprints.read_galaxy(path.parent / "8000-1901.npy")


def sane_print(found) -> None:
    share, _, _, name = found
    finite(share)
    assert isinstance(name, str), "no name"
    assert abs(share.sum() - 1) < 1e-3 or not share.any(), "shares that do not add up"


def plain_map(folder: Path) -> Path:
    write_map(folder / "map.npz", model().map)
    return folder / "map.npz"


def sane_map(found) -> None:
    finite(found.som.weights, found.mean)
    finite(
        found.place(
            np.ones((2, found.grid.pixels), "f4"), np.ones((2, found.grid.pixels), "f4")
        )[1]
    )


def labels(folder: Path) -> Path:
    plain_map(folder)
    write_labels(folder / "labels.npz", model().labels)
    return folder / "labels.npz"


def sane_labels(found) -> None:
    for label in found.labels.values():
        finite(label.planes, label.limits)


def placed_model(path: Path):
    return read_model(path.parent / "map.npz", path)


def desom(folder: Path) -> Path:
    from skyloom.spectra.desom import autoencoders
    from skyloom.spectra.desom.files import write_desom
    from skyloom.spectra.desom.networks import Network
    from skyloom.spectra.mapping.model import SpectralMap

    grid, draw = RestGrid(3600.0, 8e-3, 56), np.random.default_rng(1)
    autoencoders.seeded(1, "mlp")
    mean = draw.normal(size=56).astype("f4")
    net = Network(*autoencoders.build("mlp", 56, 4), mean)
    som = Som(draw.normal(size=(2, 3, 4)).astype("f4"), "sheet")
    made = SpectralMap("desom", net, som, grid, "median", mean, {"network": "mlp"})
    write_desom(folder / "map.keras", made)
    return folder / "map.keras"


def archive(path: Path) -> tuple:
    return read_archive(path, lambda facts, arrays, held: (facts, arrays, len(held)))


def placed(folder: Path) -> Path:
    made, _ = small_fingerprints.fingerprints(24)
    found = small_fingerprints.galaxy_map(made)
    from skyloom.spectra.galaxy_map.model import placed as place

    write_placed(folder / "placed.npz", place(found, made.shares), {})
    return folder / "placed.npz"


def sane_placed(found: Placed) -> None:
    finite(found.som.weights, found.unit)
    within(found.unit, -1, found.som.weights[..., 0].size - 1)


def log(folder: Path) -> Path:
    from skyloom.spectra.desom.history import COLUMNS

    rows = [
        {"iter": i, "T": 3.0 - i} | dict.fromkeys(COLUMNS, 0.1 * i) for i in range(3)
    ]
    write_log(folder / "log.csv", rows)
    return folder / "log.csv"


def sane_log(rows: list[dict]) -> None:
    for row in rows:
        finite(*(value for name, value in row.items() if not name.startswith("val")))


def som(folder: Path) -> Path:
    draw = np.random.default_rng(1)
    soms.save(
        folder / "som.npz", Som(draw.normal(size=(2, 3, 4)).astype("f4"), "sheet")
    )
    return folder / "som.npz"


def sane_som(found: Som) -> None:
    finite(found.weights)


FORMATS = [
    Format("rest flux", "npy", rest("flux"), read_array, rest_of, sane=sane_rest),
    Format(
        "rest info",
        "fits",
        rest("info"),
        read_spectra,
        rest_of,
        sane=sane_rest,
        sealed=True,
    ),
    Format(
        "fingerprints",
        "npy",
        prints("shares"),
        fingerprints.read_fingerprints,
        prints_of,
        sane=sane_prints,
    ),
    Format(
        "fingerprints info",
        "fits",
        prints("info"),
        fingerprints.read_fingerprints,
        prints_of,
        sane=sane_prints,
        sealed=True,
    ),
    Format(
        "fingerprint",
        "npy",
        one_print("shares"),
        fingerprints.read_galaxy,
        print_of,
        sane=sane_print,
    ),
    Format(
        "fingerprint info",
        "fits",
        one_print("info"),
        fingerprints.read_galaxy,
        print_of,
        sane=sane_print,
        sealed=True,
    ),
    Format("map", "npz", plain_map, read_plain, sane=sane_map, sealed=True),
    Format(
        "any map", "npz", plain_map, read_map, sane=sane_map, sealed=True, weight=0.3
    ),
    Format("labels", "npz", labels, read_labels, sane=sane_labels, sealed=True),
    Format("model", "npz", labels, read_model, placed_model, sealed=True, weight=0.5),
    Format("desom", "zip", desom, read_desom, sane=sane_map, sealed=True),
    Format("archive", "zip", desom, read_archive, archive, sealed=True),
    Format("placed", "npz", placed, read_placed, sane=sane_placed, sealed=True),
    Format("log", "csv", log, read_log, sane=sane_log),
    Format("som", "npz", som, soms.load, sane=sane_som, sealed=True),
]
