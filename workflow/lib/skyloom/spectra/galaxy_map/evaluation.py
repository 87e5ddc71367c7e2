"""What the map of galaxies tells: classes that it never saw, and what it should not.

Units of few galaxies each are first put together into groups: the tree of Ward's
linkage of the prototypes in latent space, cut at `n_groups`. Baselines have as many.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from skyloom.run.seeds import rng
from skyloom.spectra.galaxies.files import Fingerprints
from skyloom.spectra.galaxy_map.association import (
    classes_apart,
    quantity_apart,
    rate_flat,
)
from skyloom.spectra.galaxy_map.model import Placed

CLASSES = ("galaxy_class", "gradient", "history", "nucleus")
SYSTEMATICS = ("inclination", "fibres", "meansn2", "redshift")
OUTLIER = 95.0  # percentile of novelty above which a galaxy is an outlier
PER_GROUP = 5  # galaxies; mutual information is adjusted for what chance still does
LEAST = 20  # galaxies, to be judged
COMPONENTS = 10  # of the baseline's principal components
TRIES = 10  # starts of k-means


def n_groups(galaxies: int, units: int) -> int:
    """Return how many groups: one for `PER_GROUP` galaxies, 2 up to all units."""
    return max(2, min(galaxies // PER_GROUP, units))


def unit_groups(made: Placed, groups: int) -> np.ndarray:
    """Return the group of each unit, by Ward's linkage of the latent prototypes."""
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415

    tree = linkage(made.som.prototypes, "ward")
    return fcluster(tree, groups, "maxclust") - 1


def evaluate(
    made: Placed, prints: Fingerprints, truth: pd.DataFrame | None, seed: int
) -> dict:
    """Return the judgement, JSON-plain.

    Parameters
    ----------
    made : Placed
        The map of galaxies, with all of them.
    prints : Fingerprints
        Those of all galaxies.
    truth : DataFrame or None
        Classes and inclination by ``plateifu``, where galaxies are simulated.
    seed : int
        Of shuffles, and of the baselines' starts.

    Returns
    -------
    dict
        ``test`` (galaxies that neither map saw) and ``all``: for each, ``classes`` told
        apart by the map and by baselines, and what `systematics` there are.
    """
    info = prints.info
    if truth is not None:
        info = info.drop(columns=["inclination"]).merge(
            truth, on="plateifu", how="left", validate="one_to_one"
        )
    kept = (info["split"] != "empty").to_numpy()
    info, shares = info[kept].reset_index(drop=True), prints.shares[kept]
    unit, novelty = made.unit[kept], made.novelty[kept]
    train = (info["split"] == "train").to_numpy()
    tree = {"galaxies": {"train": int(train.sum()), "test": int((~train).sum())}}
    for name, part in {"test": ~train, "all": np.ones(len(train), bool)}.items():
        if part.sum() < LEAST:
            tree[name] = None
            continue
        count = n_groups(int(part.sum()), made.som.n_units)
        groups = baselines(shares, info, train, count, seed)
        groups = {"map": unit_groups(made, count)[unit], **groups}
        tree[name] = {
            "groups": count,
            "classes": _classes(groups, info, part, (seed, name)),
            "systematics": _systematics(groups["map"], info, part, (seed, name)),
        }
        fibres = info["fibres"][part].to_numpy()
        tree[name]["outliers"] = {"fibres": rate_flat(novelty[part] > OUTLIER, fibres)}
    return tree


def baselines(
    shares: np.ndarray, info: pd.DataFrame, train: np.ndarray, count: int, seed: int
) -> dict[str, np.ndarray]:
    """Return groups by other ways, fitted on training galaxies, all with `count`.

    ``pca_kmeans``: k-means of the principal components of fingerprints.
    ``mean_labels``: k-means of the mean labels of a galaxy's spectra, where it has any.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415

    few = min(COMPONENTS, int(train.sum()) - 1, shares.shape[1])
    pca = PCA(few, svd_solver="full").fit(shares[train])
    found = {"pca_kmeans": _kmeans(pca.transform(shares), train, count, seed)}
    names = [name for name in info if name.startswith("mean_")]
    names = [name for name in names if np.isfinite(info[name]).all()]
    if names:
        labels = info[names].to_numpy(float)
        spread = labels[train].std(axis=0)
        scaled = (labels - labels[train].mean(axis=0)) / np.where(spread > 0, spread, 1)
        found["mean_labels"] = _kmeans(scaled, train, count, seed)
    return found


def _kmeans(values: np.ndarray, train: np.ndarray, count: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans  # noqa: PLC0415

    state = int(rng(seed, "galaxies", "kmeans").integers(2**31))
    count = min(count, int(train.sum()))
    fitted = KMeans(count, n_init=TRIES, random_state=state).fit(values[train])
    return fitted.predict(values)


def _classes(groups: Mapping, info: pd.DataFrame, part: np.ndarray, names) -> dict:
    seed, name = names
    found = {}
    for kind in [kind for kind in CLASSES if kind in info]:
        known = part & info[kind].notna().to_numpy()
        classes = info[kind][known].astype(str)
        found[kind] = {
            way: classes_apart(some[known], classes, rng(seed, name, kind, way))
            for way, some in groups.items()
        }
    return found


def _systematics(groups: np.ndarray, info: pd.DataFrame, part, names) -> dict:
    seed, name = names
    return {
        kind: quantity_apart(
            groups[part], info[kind].replace(-1, np.nan)[part], rng(seed, name, kind)
        )
        for kind in SYSTEMATICS
        if kind in info
    }
