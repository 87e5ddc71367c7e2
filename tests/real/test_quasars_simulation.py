"""Simulated BOSS spectra against real ones.

Real: plates 3655 and 9367 and the even fibres of plate 7102, which the simulator's
numbers were set with; the odd fibres of 7102 are kept for reports on classifiers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skyloom.io.sdss import read_spec
from skyloom.quasars.config_simulation import Objects
from skyloom.quasars.simulation.sample import batches
from skyloom.quasars.spectra.grid import LOG, normalise, rebin
from skyloom.quasars.spectra.quality import signal_to_noise

pytestmark = pytest.mark.real

HIGHEST_AUC = 0.75
PER_REAL = 3  # simulated spectra to each real one


def _pipeline_class(path):
    with fits.open(path) as file:
        facts = {n.lower(): file[2].data[n][0] for n in file[2].data.names}
    return str(facts["class"]).strip(), float(facts["z"])


def _listed(real):
    for plate in ("picca_boss3655", "picca_boss9367"):
        for path in sorted((real / "quasars" / plate).glob("spec-*.fits.gz")):
            yield path, *_pipeline_class(path)
    folder = real / "quasars" / "boss7102"
    truth = pd.read_csv(folder / "truth_vi.csv")
    names = {1: "STAR", 3: "QSO", 4: "GALAXY", 30: "QSO"}
    for row in truth[truth["FIBERID"] % 2 == 0].itertuples():
        path = folder / f"spec-7102-56666-{row.FIBERID:04d}.fits.gz"
        yield path, names[row.CLASS_PERSON], row.Z_VI


@pytest.fixture(scope="module")
def seen(real):
    """Return the real spectra: table of klass, z, sn, and normalised fluxes."""
    rows, fluxes = [], []
    for path, klass, z in _listed(real):
        spectra = read_spec(path)
        fluxes.append(normalise(*rebin(spectra, LOG))[0][0])
        rows.append((klass, z, signal_to_noise(spectra)[0]))
    return pd.DataFrame(rows, columns=["klass", "z", "sn"]), np.array(fluxes)


def _simulated(settings, n):
    tables, fluxes = [], []
    for spectra, truth in batches("boss", n, settings, 5):
        fluxes.append(normalise(*rebin(spectra, LOG))[0])
        tables.append(truth)
    return pd.concat(tables, ignore_index=True), np.concatenate(fluxes)


def _alike(table, truth):
    """Choose simulated spectra of like redshift and S/N, none of them twice."""
    free = np.ones(len(truth), dtype=bool)
    chosen = []
    for z, sn in zip(table["z"], table["sn"], strict=True):
        away = ((truth["z"] - z) / 0.06) ** 2
        away += (np.log10(truth["sn"].clip(0.1) / max(sn, 0.1)) / 0.05) ** 2
        best = np.argsort(away.to_numpy() + 1e9 * ~free)[:PER_REAL]
        free[best] = False
        chosen.extend(best)
    return np.array(chosen)


def _auc(model, real, simulated):
    x = np.concatenate([real, simulated])
    y = np.repeat([1, 0], [len(real), len(simulated)])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    chance = cross_val_predict(model, x, y, cv=folds, method="predict_proba")[:, 1]
    return roc_auc_score(y, chance)


@pytest.fixture(scope="module")
def matched(seen):
    """Return real quasars, and simulated ones of like z and S/N, normalised.

    Without red ones and gaps, of which samples hold more than the sky.
    """
    table, flux = seen
    quasar = ((table["klass"] == "QSO") & (table["z"] > 0.3)).to_numpy()
    typical = {"mix": (1, 0, 0, 0), "red": 0, "gaps": 0}
    settings = Objects(**typical, redshifts="boss", magnitudes=(18.0, 22.5))
    truth, made = _simulated(settings, 3000)
    return flux[quasar], made[_alike(table[quasar], truth)]


LINEAR = make_pipeline(
    PCA(20, random_state=0),
    StandardScaler(),
    LogisticRegression(class_weight="balanced", max_iter=3000),
)
FOREST = make_pipeline(
    PCA(20, random_state=0),
    RandomForestClassifier(
        300, min_samples_leaf=3, class_weight="balanced_subsample", random_state=0
    ),
)


@pytest.mark.parametrize("model", [LINEAR, FOREST], ids=["logistic", "forest"])
def test_real_and_simulated_quasars_are_hard_to_tell_apart(matched, model):
    """A classifier on principal components gets AUC 0.75 at most, cross-validated."""
    real, simulated = matched
    assert len(real) > 100
    assert _auc(model, real, simulated) <= HIGHEST_AUC


def test_variance_spectra_agree(matched):
    """Variance over quasars in 22 bands agrees within 2, on average within 1.3."""
    ratio = matched[1].var(axis=0)[:440] / matched[0].var(axis=0)[:440]
    bands = np.exp(np.log(ratio).reshape(22, 20).mean(axis=1))
    assert np.abs(np.log(bands)).max() < np.log(2.0)
    assert np.abs(np.log(bands)).mean() < np.log(1.3)


def test_small_scale_scatter_agrees(matched):
    """Differences of neighbouring pixels, noise and forest, agree within 1.6."""
    rough = [np.median(np.diff(x, axis=1) ** 2, axis=0)[:440] for x in matched]
    bands = np.log(rough[1] / rough[0]).reshape(22, 20).mean(axis=1)
    assert np.abs(bands).max() < np.log(1.6)


def test_stars_look_like_stars(seen):
    """Real stars lie no farther from simulated stars than those from each other."""
    table, flux = seen
    real = flux[(table["klass"] == "STAR").to_numpy()]
    settings = Objects(mix=(0, 0, 1, 0), magnitudes=(18.5, 22.5))
    _, made = _simulated(settings, 2000)
    space = PCA(8, random_state=0).fit(made)
    pool, rest = space.transform(made[:1500]), space.transform(made[1500:])
    away = [_nearest(space.transform(real), pool), _nearest(rest, pool)]
    assert np.median(away[0]) < np.quantile(away[1], 0.9)


def _nearest(points, pool):
    return np.sqrt(((points[:, None] - pool[None]) ** 2).sum(axis=2)).min(axis=1)
