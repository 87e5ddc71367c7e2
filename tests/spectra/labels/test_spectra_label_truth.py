"""Labels of simulated galaxies that nothing was trained on, against their truth."""

import numpy as np
import pandas as pd
import pytest
from skyloom.run.provenance import Recipe
from skyloom.spectra.baselines.train import pca_som
from skyloom.spectra.config import Cuts
from skyloom.spectra.config_map import Labels, Units
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.labels.baselines import METHODS
from skyloom.spectra.labels.fit import fit_labels
from skyloom.spectra.labels.model import estimate
from skyloom.spectra.labels.scores import report
from skyloom.spectra.rest.files import RestSpectra, read_spectra
from skyloom.spectra.rest.galaxy import galaxy_of, held_out
from skyloom.spectra.rest.scale import scale
from skyloom.spectra.simulation.plan import planned
from skyloom.spectra.tasks.labels import baselines
from skyloom.spectra.tasks.rest import rest_chunk
from skyloom.spectra.tasks.simulate import write_chunk

SURVEY = {"galaxies": 400, "spectra": 16, "fibres": [19, 37, 61, 91, 127]}
GRID = {"start": 3650.0, "step": 4e-4, "pixels": 1112}
SEED, SHARE = 1, 0.15
COVERED = (0.62, 0.74)


@pytest.fixture(scope="module")
def spectra(tmp_path_factory):
    """Return training and test spectra of a simulated survey."""
    folder = tmp_path_factory.mktemp("survey")
    record = Recipe({}, "code").record([])
    raw = {k: folder / f"{k}0.npy" for k in ("spec", "ivar", "wave")}
    tables = {k: folder / f"{k}0.fits" for k in ("table", "truth")}
    how = {"redshift": [0.01, 0.15], "sn": [5.0, 100.0], "templates": None}
    settings = Simulate.stated({k: SURVEY[k] for k in ("spectra", "fibres")} | how)
    write_chunk(raw | tables, planned(SURVEY, SEED), settings, SEED, record)
    rest = {k: [str(v)] for k, v in (raw | {"table": tables["table"]}).items()}
    steps = {"grid": GRID, "cuts": Cuts().model_dump(), "sample": {"scale": "median"}}
    rest_chunk(rest, folder / "rest.npy", steps, record)
    found = read_spectra(folder / "rest.npy")
    flux, ivar, usable = scale(found.flux, found.ivar, found.grid, "median")
    info = found.info[usable].reset_index(drop=True)
    whole = RestSpectra(flux[usable], ivar[usable], info, found.grid, "median")
    galaxies = galaxy_of(info)
    unseen = np.isin(galaxies, list(held_out(galaxies, 0.3, SEED)))
    return whole.rows(np.flatnonzero(~unseen)), whole.rows(np.flatnonzero(unseen))


@pytest.mark.soak
def test_labels_of_unseen_galaxies_are_as_good_as_promised(spectra):
    """Coverage, scatter beside the baselines, and the goals at S/N >= 20."""
    seen, unseen = spectra
    made = pca_som(seen, Units(rows=8, columns=8), 32, SEED)
    names = Labels().columns
    model = fit_labels(made, seen, names, SHARE, SEED)
    found = estimate(model, made, unseen.flux, unseen.ivar)
    others = baselines(model, seen, unseen, SHARE, SEED)
    rows = {}
    for j, name in enumerate(names):
        ours = np.stack([found.lower[:, j], found.median[:, j], found.upper[:, j]])
        truth = unseen.info[name].to_numpy(float)
        lot = np.random.default_rng(SEED)
        judged = report(truth, {"map": ours} | others[name], unseen.info, lot)
        for method, parts in judged.items():
            for part in ("all", "good"):
                rows[name, method, part] = {
                    "nmad": parts[part]["nmad"],
                    **{k: parts[part][k]["value"] for k in ("bias", "rms")},
                    **{f"cover_{k}": v for k, v in parts[part]["coverage"].items()},
                }
    table = pd.DataFrame(rows).T.sort_index()
    print(table.round(3).to_string())
    for name in names:
        one = table.loc[(name, "map", "all")]
        # The share of the test galaxies is known to a few percent only.
        assert one["cover_low"] < COVERED[1], name
        assert one["cover_high"] > COVERED[0], name
        best = min(table.loc[(name, way, "all")]["rms"] for way in METHODS)
        assert one["rms"] < 1.15 * best, name
    for name in ("log_age", "z_h"):
        good = table.loc[(name, "map", "good")]
        assert good["rms"] < 0.1, name
        assert abs(good["bias"]) < 0.03, name
