"""The hall's formats, and the readers that all areas share."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from pydantic import PositiveInt
from rows import Format, by, finite, spectra, within
from skyloom.io.desi import coadd_batches, write_coadd
from skyloom.io.documents import read_json, write_json
from skyloom.io.fits import opened, read_images, write_images
from skyloom.io.npz import read_npz, write_npz
from skyloom.io.parquet import read_parquet, write_parquet
from skyloom.io.sdss import plate_batches, read_spec
from skyloom.io.spectra import Arm, Spectra
from skyloom.io.sums import read_sums
from skyloom.io.tables import Column, read_csv, read_rows
from skyloom.io.zooniverse import (
    Classification,
    read_classifications,
    read_subjects,
    write_classifications,
    write_subjects,
)
from skyloom.run.sheets import read_sheet
from small_spectra import sdss

# Of more digits than floats have, and none like another in few digits.
IDS = (39627733433519873, 39089837533519875, 616088532453425155, 7)
SCHEMA = {
    "id": Column("int", unique=True),
    "z": Column("float", low=-0.1, high=20),
    "name": Column("str", empty=True),
    "good": Column("bool"),
}


def table(folder: Path) -> Path:
    rows = pd.DataFrame({"id": IDS, "z": [0.1, 0.25, 3.5, 1e-3]})
    rows = rows.assign(name=["a", "b, c", "d", ""], good=[True, False, True, True])
    rows.to_csv(folder / "a.csv", index=False)
    return folder / "a.csv"


def parquet(folder: Path) -> Path:
    write_parquet(folder / "a.parquet", pd.read_csv(table(folder)))
    return folder / "a.parquet"


def sane_table(rows: pd.DataFrame) -> None:
    assert rows["id"].dtype == np.int64, f"identifiers of {rows['id'].dtype}"
    finite(rows["z"])
    within(rows["z"], -0.1, 20)


def document(folder: Path) -> Path:
    write_json(folder / "a.json", {"a": [1, 2.5, {"b": None}], "c": "text", "d": True})
    return folder / "a.json"


def coadd(folder: Path) -> Path:
    rng, arms = np.random.default_rng(1), []
    for name, (start, n) in {"b": (3600, 40), "r": (5760, 30), "z": (7520, 30)}.items():
        flux, ivar = rng.normal(size=(2, 4, n)).astype("f4")
        arms.append(Arm(name, start + 0.8 * np.arange(n), flux, np.abs(ivar)))
    meta = {"targetid": IDS, "tileid": 80605, "expid": 75123}
    meta |= {"ra": [36.4, 36.5, 36.6, 36.7], "dec": [-6.1, -6.2, -6.3, -6.4]}
    write_coadd(folder / "coadd-0-80605.fits", Spectra(tuple(arms), pd.DataFrame(meta)))
    return folder / "coadd-0-80605.fits"


def unsummed(path: Path) -> Path:
    """Take the checksums out, as of files that people have edited."""
    with fits.open(path) as file:
        hdus = [hdu.copy() for hdu in file]
    for hdu in hdus:
        for key in ("CHECKSUM", "DATASUM"):
            hdu.header.remove(key, ignore_missing=True)
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def all_of(batches) -> list[Spectra]:
    return list(batches)


def sane_spectra(batches: list[Spectra]) -> None:
    assert batches, "no spectrum, and not a word"
    for one in batches:
        spectra([(a.wave, a.flux, a.ivar) for a in one.arms], one.meta)
        for name in ("targetid", "tileid", "expid"):
            assert one.meta[name].dtype == np.int64, f"{name} of another type"
        within(one.meta["ra"], -360, 720)
        within(one.meta["dec"], -90, 90)


def by_target(batches: list[Spectra]) -> dict:
    return {
        int(key): [(a.flux[i], a.ivar[i]) for a in one.arms]
        for one in batches
        for i, key in enumerate(one.meta["targetid"])
    }


def spec(folder: Path) -> Path:
    return sdss(folder / "spec-0266-51602-0001.fits", {"Z": 0.1, "ZWARNING": 0})


def plate(folder: Path) -> Path:
    rng = np.random.default_rng(2)
    flux, ivar = rng.normal(size=(2, 4, 50)).astype("f4")
    rows = {
        "FIBERID": ("J", [1, 2, 3, 4]),
        "OBJTYPE": ("8A", ["QSO", "SKY", "QSO", "NA"]),
    }
    rows |= {"RA": ("D", [1.0, 2, 3, 4]), "DEC": ("D", [1.0, 2, 3, 4])}
    cells = [fits.Column(k, form, array=np.array(v)) for k, (form, v) in rows.items()]
    primary = fits.PrimaryHDU(flux)
    head = {"PLATEID": 7102, "MJD": 56666, "COEFF0": 3.55, "COEFF1": 1e-4}
    primary.header.update(head)
    images = [np.abs(ivar), np.zeros((4, 50), "i4"), np.zeros((4, 50), "i4"), ivar * 0]
    hdus = [primary, *map(fits.ImageHDU, images), fits.BinTableHDU.from_columns(cells)]
    fits.HDUList(hdus).writeto(folder / "spPlate-7102-56666.fits", overwrite=True)
    return folder / "spPlate-7102-56666.fits"


def images(folder: Path) -> Path:
    pixels = np.arange(30, dtype="f4").reshape(5, 6)
    write_images(folder / "a.fits", {"SCI": (pixels, {}), "ERR": (pixels + 1, {})}, {})
    return folder / "a.fits"


def whole_file(path: Path) -> dict:
    """Look at all that the opener gives."""
    with opened(path) as file:
        found = {"names": file.names}
        for i, hdu in enumerate(file):
            if not hdu.is_image:
                found[str(i)] = file.columns(i, file.column_names(i))
            elif hdu.shape and 0 not in hdu.shape:
                found[str(i)] = file.pixels(i)
    return found


def archive(folder: Path) -> Path:
    values = {"a": np.arange(6.0).reshape(2, 3), "b": np.array("text")}
    write_npz(folder / "a.npz", **values, c=np.array([1, 2, 3]))
    return folder / "a.npz"


def export(folder: Path) -> Path:
    made = [
        Classification(
            classification_id=200_000_000 + i,
            user=f"user{i}",
            created_at="2020-02-10 13:04:47 UTC",
            workflow_id=5366,
            workflow_version="61.107",
            subject_id=20902000 + i % 2,
            annotations=[{"task": "disk", "value": []}],
            metadata={"source": "api"},
        )
        for i in range(5)
    ]
    write_classifications(folder / "c.csv", made)
    return folder / "c.csv"


def subjects(folder: Path) -> Path:
    rows = pd.DataFrame({"subject_id": [20902000, 20902001], "subject_set_id": [5, 5]})
    rows["metadata"] = [{"ra": "10.5", "#dec": "2", "redshift": "0.1"}] * 2
    rows["locations"] = [{"0": "https://panoptes/a.json"}] * 2
    write_subjects(folder / "s.csv", rows.assign(workflow_id=1, created_at="2020"))
    return folder / "s.csv"


def answers_of(found) -> dict:
    return {one.classification_id: one for one in found[0]}


def sums(folder: Path) -> Path:
    lines = [f"{i:064x}  file{i}.fits\n" for i in range(4)]
    (folder / "SHA256SUMS").write_text("".join(lines))
    return folder / "SHA256SUMS"


def sheet(suffix: str):
    def make(folder: Path) -> Path:
        rows = pd.DataFrame({"tile": ["a", "b", "c"], "number": [100003, 2, 3]})
        rows["path"] = ["a.fits", "b.fits", "c.fits"]
        sign = "\t" if suffix == "tsv" else ","
        rows.to_csv(folder / f"a.{suffix}", sep=sign, index=False)
        return folder / f"a.{suffix}"

    return make


def sheet_rows(path: Path) -> list[dict]:
    columns = {"tile": str, "number": PositiveInt, "path": str}
    return read_sheet(path, columns, unique="tile")


def lines_of(path: Path) -> list:
    return [json.loads(json.dumps(cells)) for _, cells in read_rows(path)]


FORMATS = [
    Format(
        "csv",
        "csv",
        table,
        read_csv,
        lambda p: read_csv(p, SCHEMA),
        by("id"),
        sane_table,
    ),
    Format("csv rows", "csv", table, read_rows, lines_of, lambda cells: {}),
    Format(
        "parquet",
        "parquet",
        parquet,
        read_parquet,
        partial(read_parquet, exact=True),
        by("id"),
        sealed=True,
    ),
    Format("json", "json", document, read_json),
    Format(
        "coadd",
        "fits",
        lambda f: unsummed(coadd(f)),
        coadd_batches,
        lambda p: all_of(coadd_batches(p, 3)),
        by_target,
        sane_spectra,
        weight=2,
    ),
    Format(
        "anonymous coadd",
        "fits",
        lambda f: unsummed(coadd(f)),
        coadd_batches,
        lambda p: all_of(coadd_batches(p, 3, anonymous=True)),
        by_target,
        sane_spectra,
    ),
    Format(
        "coadd with sums",
        "fits",
        coadd,
        coadd_batches,
        lambda p: all_of(coadd_batches(p, 3)),
        by_target,
        sane_spectra,
    ),
    Format(
        "spec",
        "fits",
        spec,
        read_spec,
        lambda p: [read_spec(p)],
        by_target,
        sane_spectra,
        weight=2,
    ),
    Format(
        "plate",
        "fits",
        plate,
        plate_batches,
        lambda p: all_of(plate_batches(p, 3)),
        by_target,
        sane_spectra,
    ),
    Format(
        "images", "fits", images, read_images, lambda p: read_images(p, ["SCI", "ERR"])
    ),
    Format("fits", "fits", lambda f: unsummed(coadd(f)), opened, whole_file),
    Format(
        "npz",
        "npz",
        archive,
        read_npz,
        lambda p: read_npz(p, {"a": ("f", 2), "b": ("U", 0), "c": ("i", 1)}),
    ),
    Format("classifications", "csv", export, read_classifications, objects=answers_of),
    Format("subjects", "csv", subjects, read_subjects, objects=by("subject_id")),
    Format("sums", "lines", sums, read_sums, objects=dict),
    Format(
        "sheet",
        "csv",
        sheet("csv"),
        read_sheet,
        sheet_rows,
        lambda rows: {row["tile"]: row for row in rows},
    ),
    Format(
        "sheet tsv",
        "csv",
        sheet("tsv"),
        read_sheet,
        sheet_rows,
        lambda rows: {row["tile"]: row for row in rows},
    ),
]
