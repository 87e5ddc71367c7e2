"""The formats of the area `clusters`."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table
from formats_hall import IDS, unsummed
from rows import Format, by, finite, within
from skyloom.clusters.catalogue import colours, lists
from skyloom.clusters.catalogue.list_files import read_source
from skyloom.clusters.catalogue.table import COLUMNS, read_catalogue, write_catalogue
from skyloom.clusters.real_field.footprint import read_field, read_footprint
from skyloom.clusters.real_field.sdss import read_galaxies, read_transform
from skyloom.clusters.tasks import catalogs, real_field
from skyloom.sky.coverage_files import read_coverage
from skyloom.sky.tan import tan_wcs

RESOURCES = Path(__file__).resolve().parents[2] / "resources"


WCS = tan_wcs(10.0, 0.0, (96, 96), 0.263)


def listed() -> Table:
    known = {"ID": list(IDS[:3]), "RA": [10.0, 11, 12], "DEC": [0.0, -5, 5]}
    known |= {"Z_LAMBDA": [0.4, 0.5, 0.6], "Z_LAMBDA_ERR": [0.01] * 3}
    return Table(known | {"LAMBDA": [40.0, 20, 30], "LAMBDA_ERR": [2.0, 1, 3]})


def cluster_list(suffix: str):
    def make(folder: Path) -> Path:
        path = folder / f"clusters.{suffix}"
        if suffix == "csv":
            listed().write(path, format="ascii.csv", overwrite=True)
        else:
            lists.write_clusters(path, listed())
        return unsummed(path) if suffix == "fits" else path

    return make


def sane_list(table: Table) -> None:
    within(table["RA"], 0, 360)
    within(table["DEC"], -90, 90)
    finite(table["RA"], table["DEC"], table["LAMBDA"], table["Z_LAMBDA"])
    within(table["Z_LAMBDA"], 0, 20)
    within(table["LAMBDA"], 0, 1e6)
    within(table["LAMBDA_ERR"], 0, np.inf)


def cells(source) -> dict:
    return {None: (source.columns, source.units)}  # but for the rows' numbers


def on_image(folder: Path) -> Path:
    wcs = WCS.deepcopy()
    wcs.pixel_shape = (96, 96)
    lists.write_clusters(folder / "clusters.fits", listed(), wcs)
    return folder / "clusters.fits"


def sane_wcs(wcs) -> None:
    sky = wcs.wcs_pix2world([[0.0, 0.0], [50.0, 20.0]], 0)
    finite(sky)
    assert not (sky[0] == sky[1]).all(), "all pixels lie at one place"


def sources(folder: Path) -> Path:
    draw = np.random.default_rng(1)
    table = Table({name: draw.uniform(0, 1, 5) for name in COLUMNS})
    for name in ("MEM", "SOURCE_TYPE"):
        table[name] = draw.integers(0, 2, 5)
    write_catalogue(folder / "galsim_des_000.dat", table)
    return folder / "galsim_des_000.dat"


def sane_sources(table: Table) -> None:
    finite(*(table[name] for name in COLUMNS))
    assert set(np.asarray(table["MEM"])) <= {0, 1}, "MEM that is neither 0 nor 1"
    within(table["RA"], 0, 360)
    within(table["FLUX_G"], 0, np.inf)
    within(table["Z"], -1, 50)


def copied(name: str):
    def make(folder: Path) -> Path:
        for path in (RESOURCES / "clusters").glob("*.csv"):
            shutil.copy(path, folder)
        return folder / name

    return make


def sane_sequence(found) -> None:
    finite(found.z, found.magnitudes)
    assert (np.diff(found.z) > 0).all(), "redshifts that do not increase"


def sane_templates(found) -> None:
    finite(found.z, found.offsets)
    assert (np.diff(found.z) > 0).all(), "redshifts that do not increase"


def sane_transform(found) -> None:
    finite(found.sdss, found.change)


def galaxies(n: int = 12) -> dict:
    rng = np.random.default_rng(1)
    mag = 19 + rng.random((n, 1)) + np.array([3.0, 1.4, 0.5, 0.0, -0.3])
    return {
        "ID": 2**60 + 10**16 * np.arange(n) + 1,
        "RA": rng.uniform(140.0, 140.4, n),
        "DEC": rng.uniform(65.0, 65.2, n),
        "MAG": mag.astype("f4"),
        "MAG_ERR": np.full((n, 5), 0.05, "f4"),
        "EBV": np.full(n, 0.03, "f4"),
    }


def galaxy_file(folder: Path) -> Path:
    path = folder / "toy_galaxies_0000000.fit"
    Table(galaxies()).write(path, format="fits", overwrite=True)
    return path


def sane_galaxies(table: Table) -> None:
    assert np.asarray(table["ID"]).dtype.kind in "iu", "identifiers of another type"
    within(table["RA"], 0, 360)
    within(table["DEC"], -90, 90)
    finite(*(table[name] for name in table.colnames if name not in ("EBV", "REFMAG")))
    within(table["MAG_R"], -5, 40)


def master(folder: Path) -> Path:
    galaxy_file(folder)
    from skyloom.sky.footprint import pixel_of

    pixels = np.unique(pixel_of(32, galaxies()["RA"], galaxies()["DEC"]))
    columns = [
        fits.Column("NSIDE", "I", array=[32]),
        fits.Column("HPIX", f"{len(pixels)}J", array=np.array([pixels])),
    ]
    made = fits.BinTableHDU.from_columns(columns)
    path = folder / "toy_master_table.fit"
    fits.HDUList([fits.PrimaryHDU(), made]).writeto(path, overwrite=True)
    return path


@cache
def known_galaxies():
    return Table(galaxies())


def footprint(path: Path):
    return read_footprint(path, known_galaxies())


def field(path: Path):
    return read_field([str(path.parent / "toy_galaxies_0000000.fit"), str(path)])


def sane_footprint(found) -> None:
    assert found.nside > 0, "NSIDE that is not positive"
    assert (np.asarray(found.pixels) >= 0).all(), "a negative pixel"
    assert (np.asarray(found.pixels) < 12 * found.nside**2).all(), "a pixel off the sky"


def moc(folder: Path) -> Path:
    column = fits.Column("UNIQ", "K", array=np.array([17, 4 * 4**9 + 5, 4 * 4**9 + 8]))
    table = fits.BinTableHDU.from_columns([column])
    table.header.update({"ORDERING": "NUNIQ", "COORDSYS": "C", "MOCDIM": "SPACE"})
    path = folder / "moc.fits"
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)
    return path


def pixel_list(folder: Path) -> Path:
    column = fits.Column("PIXEL", "K", array=np.array([3, 4, 900]))
    table = fits.BinTableHDU.from_columns([column])
    table.header.update({"NSIDE": 64, "ORDERING": "RING", "COORDSYS": "C"})
    path = folder / "pixels.fits"
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)
    return path


def sane_coverage(found) -> None:
    within(found.area, 0, 41253)
    assert (found.stops > found.starts).all(), "ranges without a pixel"


def painter(path: Path):
    camera = None  # what it is painted with is not read
    return real_field.read_painter(path.parent, 21.0, camera).transform


def world(path: Path):
    return catalogs.read_world(path, RESOURCES).clusters


FORMATS = [
    *(
        Format(
            f"clusters {s}",
            "ecsv" if s == "ecsv" else s,
            cluster_list(s),
            lists.read_clusters,
            objects=by("ID"),
            sane=sane_list,
            weight=1.5,
        )
        for s in ("fits", "csv", "ecsv")
    ),
    Format(
        "list columns",
        "csv",
        cluster_list("csv"),
        read_source,
        objects=cells,
        weight=0.3,
    ),
    Format("list wcs", "fits", on_image, lists.read_wcs, sane=sane_wcs, sealed=True),
    Format(
        "world",
        "csv",
        cluster_list("csv"),
        catalogs.read_world,
        world,
        by("ID"),
        sane_list,
        weight=0.3,
    ),
    Format("sources", "lines", sources, read_catalogue, sane=sane_sources),
    Format(
        "red sequence",
        "csv",
        copied("red_sequence.csv"),
        colours.read_red_sequence,
        sane=sane_sequence,
    ),
    Format(
        "galaxy templates",
        "csv",
        copied("galaxies.csv"),
        colours.read_templates,
        sane=sane_templates,
    ),
    Format(
        "transform",
        "csv",
        copied("galaxies_sdss.csv"),
        read_transform,
        lambda p: read_transform(p.parent),
        sane=sane_transform,
        weight=0.3,
    ),
    Format(
        "painter",
        "csv",
        copied("galaxies.csv"),
        real_field.read_painter,
        painter,
        sane=sane_transform,
        weight=0.3,
    ),
    Format(
        "sdss galaxies",
        "fits",
        galaxy_file,
        read_galaxies,
        lambda p: read_galaxies([p]),
        by("ID"),
        sane_galaxies,
    ),
    Format("footprint", "fits", master, read_footprint, footprint, sane=sane_footprint),
    Format("moc", "fits", moc, read_coverage, sane=sane_coverage),
    Format("healpix", "fits", pixel_list, read_coverage, sane=sane_coverage),
    Format("field", "fits", master, read_field, field, weight=0.3),
]
