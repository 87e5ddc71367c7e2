"""Small products of the area spectra, whole enough for its page of the atlas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import small_fingerprints as small
from astropy.table import Table
from labelled_spectra import NAMES, galaxies, map_of
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.plots import style
from skyloom.spectra.galaxies.files import (
    Fingerprints,
    layout_of,
    write_fingerprints,
)
from skyloom.spectra.galaxies.fingerprints import fingerprint
from skyloom.spectra.galaxies.summary import summary
from skyloom.spectra.galaxy_map.catalogue import catalogue
from skyloom.spectra.galaxy_map.model import placed
from skyloom.spectra.labels.tables import node_table
from skyloom.spectra.mapping.files import write_map
from skyloom.spectra.place.sky import images
from skyloom.spectra.rest.files import table_of, write_spectra
from skyloom.spectra.tasks.galaxy_map import write_placed
from skyloom.spectra.tasks.place import Placed
from skyloom.spectra.tasks.place import write_placed as write_found

MANGA = "1-39089837596371002"  # a browser's numbers would lose digits of it


def trained(folder: Path) -> dict:
    """Write the products of a run that trains; return them as the rule's input."""
    seen, unseen = galaxies(24, 15, 1), galaxies(24, 10, 2, first=100)
    made = map_of(seen, shape=(5, 6), width=5)
    names = ("nodes.fits", "test.fits", "placed.npz", "catalogue.fits", "truth.fits")
    paths = {name.split(".")[0]: str(folder / name) for name in names}
    files = {"map": str(folder / "map.npz"), "flux": str(folder / "X_test.npy")}
    files |= {"info": str(folder / "Y_test.fits"), "nodes": paths["nodes"]}
    files |= {"found": paths["test"], "galaxies": paths["placed"]}
    files |= {"catalogue": paths["catalogue"], "truth": [paths["truth"]]}
    files["shares"] = str(folder / "fingerprints.npy")
    write_map(files["map"], made)
    write_spectra(files["flux"], unseen, info=Path(files["info"]))
    bmu = made.place(seen.flux, seen.ivar)[0]
    write_catalogue(files["nodes"], node_table(made.som, bmu, seen.info, NAMES))
    unit, distance, _ = made.place(unseen.flux, unseen.ivar)
    found = unseen.info.assign(bmu=unit, distance=distance)
    write_catalogue(files["found"], Table.from_pandas(found))
    prints = _fingerprints(made, [seen.info.assign(bmu=bmu), found])
    table = table_of(prints.info.drop(columns=["counts", "error"]))
    write_fingerprints(files["shares"], prints.shares, table, prints.layout)
    on_map = placed(small.galaxy_map(prints), prints.shares)
    write_placed(files["galaxies"], on_map, {})
    write_catalogue(files["catalogue"], catalogue(prints, on_map))
    truth = pd.DataFrame({"plateifu": prints.info["plateifu"], "inclination": 30.0})
    kinds = {"galaxy_class": "early", "gradient": "flat", "history": "old"}
    truth = truth.assign(**kinds, nucleus="none")
    write_catalogue(paths["truth"], table_of(truth))
    return files | cube(folder / "placed", made.som.n_units)


def _fingerprints(made, tables) -> Fingerprints:
    """Return the fingerprints of all galaxies, and one that has no spectra."""
    spectra = pd.concat(tables, ignore_index=True).assign(weight=1.0, mangaID=MANGA)
    training = set(tables[0]["plateifu"])
    groups = [*spectra.groupby("plateifu"), ("8999-1901", spectra[:0])]
    units = made.som.n_units
    rows = [
        summary(str(k), name, group, units, training)
        for k, (name, group) in enumerate(groups)
    ]
    shares = [
        fingerprint(group["bmu"].to_numpy(), np.ones(len(group)), units)[0]
        for _, group in groups
    ]
    shares = np.array(shares, np.float32)
    return Fingerprints(shares, pd.DataFrame(rows), layout_of(made.som))


def cube(folder: Path, units: int, name: str = "mycube") -> dict:
    """Write the products of a placed cube; return them as the rule's input."""
    folder.mkdir()
    paths = {k: folder / f"{name}.{e}" for k, e in KINDS.items()}
    found = table(units)
    maps = images(found.drop(columns=["row", "column"]), np.arange(40).reshape(5, 8))
    write_found(paths["found"], Placed(found, None, maps, report=REPORT), RECORD)
    write_json(paths["report"], REPORT)
    with_axes = style.figure(3, 2)
    with_axes.subplots().imshow(np.eye(4))
    style.save(with_axes, paths["picture"])
    return {f"placed_{kind}": [str(path)] for kind, path in paths.items()}


def table(units: int) -> pd.DataFrame:
    """Return what was found for 40 spaxels: one rejected, one unusual."""
    n = 40
    numbers = np.linspace(1, 2, n)
    names = ("sn", "good", "distance", "residual", "chi2", "novelty", "log_age")
    found = pd.DataFrame(dict.fromkeys(names, numbers))
    found["row"], found["column"] = np.divmod(np.arange(n), 8)
    found["bmu"] = np.arange(n) % units
    found["log_age_lower"], found["log_age_upper"] = numbers - 0.1, numbers + 0.2
    found["excess"] = np.where(np.arange(n) == 3, 1.5, 0.5)
    found["reason"] = np.where(np.arange(n) == 5, "no good pixel", "")
    found.loc[5, "bmu"] = -1
    found.loc[5, [*names, "log_age_lower", "log_age_upper", "excess"]] = np.nan
    return found


KINDS = {"found": "fits", "report": "json", "picture": "png"}
RECORD = {"code": "", "config": "", "inputs": {}, "versions": {}}
REPORT = {
    "file": "mycube.fits.gz",
    "kind": "cube",
    "spectra": 40,
    "rejected": {"no good pixel": 1},
    "coherence": {"MAP_ROW": {"i": 0.8, "p": 0.001}},
}
