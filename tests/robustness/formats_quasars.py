"""The formats of the area `quasars`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table
from formats_hall import IDS, by_target, coadd, sane_spectra, spec, unsummed
from random_networks import published, write_h5
from rows import Format, by, finite, within
from skyloom.quasars.ensemble.bootstrap import Draw, read_draw, save_draw
from skyloom.quasars.ensemble.data import read_labelled
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.parameters import Parameters
from skyloom.quasars.simulation.eigen import read_templates
from skyloom.quasars.spectra.grid import LOG, Grid
from skyloom.quasars.spectra.inspect import read_answers
from skyloom.quasars.spectra.readers import spectra_of
from skyloom.quasars.spectra.store import Store, write_store
from skyloom.quasars.spectra.templates import read_template
from skyloom.quasars.spectra.truth import CLASSES, read_truth
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.survey.ensembles import read_ensemble, write_calibration
from skyloom.quasars.survey.results import read_rows
from small_quasars import ARCH, network

SMALL = Grid("linear", 4000.0, 10.0, 5)


def desi(folder: Path) -> Path:
    rows = {"TARGETID": IDS, "VI_Z": [2.05, 0.6, -0.0004, 1.5]}
    rows |= {
        "VI_QUALITY": [4.0, 2.5, 3.0, 1.0],
        "VI_CLASS": ["QSO", "GALAXY", "STAR", "QSO"],
    }
    rows["all_VI_comments"] = ["", "a, b", "", ""]
    pd.DataFrame(rows).to_csv(folder / "vi.csv", index=False)
    return folder / "vi.csv"


def superset(folder: Path) -> Path:
    rows = {"THING_ID": [1, 2, 3, 4], "PLATE": [5] * 4, "MJD": [55000] * 4}
    rows |= {"FIBERID": [1, 2, 3, 4], "Z_VI": [2.5, 2.6, 2.7, 0.0]}
    rows |= {"CLASS_PERSON": [30, 3, 3, 1], "Z_CONF_PERSON": [3, 3, 2, 3]}
    rows |= {"BAL_FLAG_VI": [1, 0, 0, 0], "BI_CIV": [100.0, 0, 0, 0]}
    Table(rows).write(folder / "superset.fits", overwrite=True)
    return folder / "superset.fits"


def parsed(folder: Path) -> Path:
    rows = {
        "TARGETID": np.array(IDS),
        "Z": [2.5, 2.6, 2.7, 0.0],
        "OBJCLASS": [3, 3, 2, 1],
    }
    Table(rows | {"Z_CONF": [3, 2, 1, 3]}).write(folder / "parsed.fits", overwrite=True)
    return folder / "parsed.fits"


def own(folder: Path) -> Path:
    table = read_truth(desi(folder))
    table.to_csv(folder / "truth.csv", index=False)
    return folder / "truth.csv"


def sane_truth(table: pd.DataFrame) -> None:
    assert table["targetid"].dtype == np.int64, "identifiers of another type"
    assert not table["targetid"].duplicated().any(), "a target in two rows"
    assert table["klass"].isin((*CLASSES, "")).all(), "an unknown class"
    within(table["z"], -1, 20)
    sure = table[table["confident"]]
    assert (sure["klass"] != "").all(), "confident of no class"
    within(table["quality"], 0, 5)
    within(table["bal"], -1, 1)


def answers(folder: Path) -> Path:
    rows = pd.DataFrame({"TARGETID": IDS, "VI_Z": [2.05, 0.6, 0, 1.5]})
    rows = rows.assign(VI_QUALITY=[4, 3, 2, 1], VI_CLASS=["QSO", "GALAXY", "STAR", ""])
    rows.assign(VI_BY="ann").to_csv(folder / "ann.csv", index=False)
    return folder / "ann.csv"


def sane_answers(table: pd.DataFrame) -> None:
    assert table["TARGETID"].dtype == np.int64, "identifiers of another type"
    within(table["VI_Z"], -1, 20)
    within(table["VI_QUALITY"], 0, 4)


def store(folder: Path, grid: Grid = SMALL) -> Path:
    rng = np.random.default_rng(3)
    meta = {
        "targetid": IDS,
        "tileid": 1,
        "expid": 2,
        "ra": [1.0, 2, 3, 4],
        "dec": np.nan,
    }
    meta |= {"dead_arms": 0, "sn": 1.5}
    flux, ivar = rng.normal(size=(2, 4, grid.size)).astype("f4")
    batch = (pd.DataFrame(meta), flux, np.abs(ivar))
    write_store(folder / "spectra.h5", [batch], grid, {"code": "a"})
    return folder / "spectra.h5"


def whole_store(path: Path) -> tuple:
    with Store(path) as file:
        return file.meta, *file.rows(slice(None)), list(file.batches(3))


def sane_store(found: tuple) -> None:
    meta, flux, ivar, _ = found
    assert len(meta) == len(flux) == len(ivar), "another number of rows"
    finite(flux, ivar, meta["targetid"], meta["sn"])
    assert (ivar >= 0).all(), "a negative ivar"


def labelled(folder: Path) -> Path:
    store(folder, LOG)
    return desi(folder)


def member(folder: Path) -> Path:
    from skyloom.quasars.network.model import save_member

    save_member(folder / "net_0.keras", network(1), {"seed": 3})
    return folder / "net_0.keras"


def h5(folder: Path) -> Path:
    write_h5(folder / "published.h5", *published(network(1)))
    return folder / "published.h5"


def sane_network(found: Parameters) -> None:
    finite(*found.arrays.values())
    for name, values in found.arrays.items():
        if name.endswith("variance"):
            assert (np.asarray(values) >= 0).all(), "a negative variance"
    assert found.epsilon > 0, "an epsilon that is not positive"
    assert found.arch.grid.size > 0, "no pixel"


def calibration(folder: Path) -> Path:
    how = {"n_detect": 2, "c_th": 0.7, "shifts": 3, "runner": "numpy", "device": "cpu"}
    found = Calibration((1e-3, 0, 0, 0, 0, -2e-3), (2e-3,) * 6, 1.3, 4e-4)
    member(folder)
    threshold = {"value": 0.7, "purity": 1.0}
    write_calibration(
        folder / "calibration.json", found, threshold, how, {"targets": 7}
    )
    return folder / "calibration.json"


def sane_ensemble(found) -> None:
    redshift = found.redshift
    finite(redshift.bias, redshift.scatter, redshift.scale, redshift.floor)
    assert (np.asarray(redshift.scatter) >= 0).all(), "a negative scatter"
    assert redshift.scale > 0, "a scale that is not positive"
    assert redshift.floor >= 0, "a floor below 0"
    within(found.threshold, 0, 1)
    finite(found.threshold)


def exposure(folder: Path) -> Path:
    rows = {
        "TARGETID": pa.array(IDS),
        "Z": [2.0, 1.0, 0.5, 3.0],
        "SCORE": [0.9, 0.1, 0, 1],
    }
    pq.write_table(pa.table(rows), folder / "75123.parquet")
    return folder / "75123.parquet"


def template(folder: Path) -> Path:
    for name in ("HIZ", "LOZ"):
        hdu = fits.PrimaryHDU(np.random.default_rng(1).normal(size=(4, 60)))
        hdu.header.update({"CRVAL1": 3.0, "CDELT1": 1e-4})
        path = folder / f"rrtemplate-QSO-{name}-v1.1.fits"
        hdu.writeto(path, overwrite=True)
    return path


def sane_templates(found) -> None:
    for wave, vectors in found:
        finite(wave, vectors)
        assert len(wave) > 1, "no wavelengths"
        assert (np.diff(wave) > 0).all(), "wavelengths that do not increase"
        within(wave, 0, 6)


def draw(folder: Path) -> Path:
    unseen = np.zeros(8, bool)
    unseen[3] = True
    save_draw(folder / "net_0.npz", Draw(np.array([0, 1, 1, 2, 5]), unseen))
    return folder / "net_0.npz"


def sane_draw(found: Draw) -> None:
    within(found.rows, 0, len(found.unseen) - 1)
    assert not found.unseen[found.rows].any(), "rows both drawn and unseen"


FORMATS = [
    Format(
        "truth desi",
        "csv",
        desi,
        read_truth,
        objects=by("targetid"),
        sane=sane_truth,
        weight=2,
    ),
    Format(
        "truth superset",
        "fits",
        superset,
        read_truth,
        objects=by("targetid"),
        sane=sane_truth,
    ),
    Format(
        "truth parsed",
        "fits",
        parsed,
        read_truth,
        objects=by("targetid"),
        sane=sane_truth,
    ),
    Format(
        "truth own", "csv", own, read_truth, objects=by("targetid"), sane=sane_truth
    ),
    Format(
        "answers",
        "csv",
        answers,
        read_answers,
        lambda p: read_answers([p]),
        by("TARGETID"),
        sane_answers,
    ),
    Format("store", "hdf5", store, Store, whole_store, sane=sane_store, sealed=True),
    Format(
        "labelled",
        "csv",
        labelled,
        read_labelled,
        lambda p: read_labelled([p.parent / "spectra.h5"], p, ARCH),
        weight=0.3,
    ),
    Format("member", "zip", member, read_parameters, sane=sane_network, sealed=True),
    Format("published network", "hdf5", h5, read_parameters, sane=sane_network),
    Format(
        "calibration",
        "json",
        calibration,
        read_ensemble,
        lambda p: read_ensemble([p.parent / "net_0.keras"], p),
        sane=sane_ensemble,
    ),
    Format(
        "exposure", "parquet", exposure, read_rows, lambda p: read_rows(p).to_pylist()
    ),
    Format(
        "templates",
        "fits",
        template,
        read_templates,
        lambda p: read_templates(p.parent),
        sane=sane_templates,
    ),
    Format(
        "one template",
        "fits",
        template,
        read_template,
        lambda p: [read_template(p)],
        sane=sane_templates,
    ),
    Format("draw", "npz", draw, read_draw, sane=sane_draw),
    Format(
        "any spectra",
        "fits",
        lambda f: unsummed(coadd(f)),
        spectra_of,
        lambda p: list(spectra_of(p, 3)),
        by_target,
        sane_spectra,
        weight=0.5,
    ),
    Format(
        "any spec",
        "fits",
        spec,
        spectra_of,
        lambda p: list(spectra_of(p, 3)),
        by_target,
        sane_spectra,
        weight=0.5,
    ),
]
