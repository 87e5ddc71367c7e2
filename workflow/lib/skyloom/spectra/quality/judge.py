"""One map, or several side by side, judged on the same test spectra."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from skyloom.run.seeds import rng
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.quality import indices, labels, measures
from skyloom.spectra.quality.shifts import invariance
from skyloom.spectra.rest.files import RestSpectra
from skyloom.stats.bootstrap import bootstrap
from skyloom.stats.scatter import nmad

CLASSES = ("bpt",)  # columns of classes
SHIFTED = 200  # spectra that are seen at several redshifts
AGAINST = ("meansn2", "redshift")  # columns that the bias is looked at against


def judge(
    made: SpectralMap, test: RestSpectra, trained: np.ndarray, columns, seed: int
) -> dict:
    """Return how good a map is.

    Parameters
    ----------
    made : SpectralMap
        The map.
    test : RestSpectra
        Spectra of galaxies that it was not trained on, scaled as its own.
    trained : ndarray of int
        Units of training spectra, for those that stay empty.
    columns : iterable of str
        Quantities of ``test.info``; those that it lacks are left out.
    seed : int
        Of bootstraps, which draw galaxies.

    Returns
    -------
    dict
        ``spectra``; ``quantisation`` error in latent space and in pixels (rms of data
        less the decoded prototype); ``topographic`` error by adjacency; ``dead`` units
        of training and test; ``explained`` variance and ``chi2`` a pixel of
        reconstructions; ``labels``, ``systematics`` (what S/N and redshift have to do
        with units, by galaxy: best nothing) and ``classes`` by column; ``bias`` of
        reconstructions against S/N and redshift; ``indices`` of reconstructions less
        the data's; ``invariance`` to redshift.
    """
    draw = rng(seed, "judge", made.kind)
    on = measures.placed(made, test)
    nodes = measures.pixel_errors(test, made.prototypes()[on.units])
    errors = measures.pixel_errors(test, on.model)

    def mean(values: np.ndarray) -> dict:
        return bootstrap(np.mean, values, draw, objects=on.galaxies)

    n_units = made.som.n_units
    quantities = labelled(test.info, columns)
    return {
        "spectra": len(test),
        "quantisation": {"latent": mean(on.distance), "pixels": mean(nodes["rms"])},
        "topographic": measures.topographic(made, on.latent),
        "dead": {
            "training": measures.dead(trained, n_units),
            "test": measures.dead(on.units, n_units),
        },
        "explained": measures.explained(errors, on.galaxies, draw),
        "chi2": bootstrap(np.median, errors["chi2"], draw, objects=on.galaxies),
        "labels": {
            name: labels.quantity(test.info[name].to_numpy(float), *_on(on), draw)
            for name in quantities
        },
        "systematics": {
            name: labels.quantity(
                *labels.by_galaxy(test.info[name].to_numpy(float), *_on(on)), draw
            )
            for name in labelled(test.info, AGAINST)
        },
        "classes": _classes(test.info, on.units),
        "bias": {
            name: trends(on, errors["bias"].to_numpy(), name, draw).to_dict("list")
            for name in labelled(test.info, AGAINST)
        },
        "indices": index_errors(*index_pairs(on), on.galaxies, draw),
        "invariance": invariance(made, test.evenly(SHIFTED)),
    }


def labelled(info: pd.DataFrame, columns) -> list[str]:
    """Return the columns that hold numbers, and two different ones at least."""
    there = [c for c in columns if c in info and is_numeric_dtype(info[c])]
    return [name for name in there if info[name].nunique() > 1]


def trends(on: measures.Placed, values, name: str, draw) -> pd.DataFrame:
    """Return medians of values in bins of a column of the spectra's table."""
    against = on.spectra.info[name].to_numpy(float)
    return measures.trend(values, against, on.galaxies, draw)


def index_pairs(on: measures.Placed) -> tuple[pd.DataFrame, ...]:
    """Return indices of data, their errors, and indices of the reconstructions.

    Without columns where spectra had their mean taken away: they have no indices.
    """
    if on.spectra.scaled in indices.LEVELLED:
        return (pd.DataFrame(),) * 3
    spectra, table = on.spectra, indices.definitions()
    value, error = indices.measure(spectra.flux, spectra.ivar, spectra.grid, table)
    model, _ = indices.measure(on.model, spectra.ivar, spectra.grid, table)
    return value, error, model


def index_errors(value, error, model, galaxies, draw) -> dict:
    """Return by index how reconstructions differ from data.

    ``bias``: median of model less data with its interval; ``scatter`` of it [nmad], and
    ``noise``, the median error of the data: a model that follows the spectra but not
    their noise has a scatter equal to it; ``spread`` of the data, for comparison.
    """
    found = {}
    for name in value:
        off = (model[name] - value[name]).to_numpy()
        known = np.isfinite(off)
        if known.any():
            found[name] = {
                "bias": bootstrap(np.median, off[known], draw, objects=galaxies[known]),
                "scatter": float(nmad(off[known])),
                "noise": float(np.median(error[name][known])),
                "spread": float(nmad(value[name][known])),
                "n": int(known.sum()),
            }
    return found


def summary(reports: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return the headline numbers of maps: ``map, what, value, low, high``."""
    rows = []
    for name, report in reports.items():
        adjacency = max(report["topographic"])
        found = {
            "quantisation error (pixels)": report["quantisation"]["pixels"],
            f"topographic error ({adjacency} neighbours)": report["topographic"][
                adjacency
            ],
            "dead units (training)": report["dead"]["training"],
            "explained variance": report["explained"],
            "χ² a pixel": report["chi2"],
            "stays within one unit at any z": report["invariance"]["stays"],
        }
        told = report["labels"] | report["systematics"]
        found |= {f"explained by units: {k}": v for k, v in told.items()}
        keys = ("value", "low", "high")
        for what, one in found.items():
            rows.append({"map": name, "what": what} | {k: one[k] for k in keys})
    return pd.DataFrame(rows)


def _classes(info: pd.DataFrame, units: np.ndarray) -> dict:
    found = {}
    for name in CLASSES:
        if name in info:
            classes = info[name].astype(str).str.strip()
            known = ~classes.isin(("", "nan"))
            if classes[known].nunique() > 1:
                args = classes[known].to_numpy(), units[known.to_numpy()]
                found[name] = labels.classification(*args)
    return found


def _on(on: measures.Placed) -> tuple[np.ndarray, np.ndarray]:
    return on.units, on.galaxies
