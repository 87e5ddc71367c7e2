"""Fingerprints of invented galaxies, and a map of them without a network."""

import numpy as np
import pandas as pd
from skyloom.som.training import train
from skyloom.spectra.galaxies.files import Fingerprints, Layout
from skyloom.spectra.galaxy_map import scaling
from skyloom.spectra.galaxy_map.distance import embedding
from skyloom.spectra.galaxy_map.model import GalaxyMap
from skyloom.spectra.mapping.codecs import Principal

LAYOUT = Layout(4, 5, "sheet", "rectangular")
CLASSES = ("early", "late", "irregular")


def fingerprints(n=96, seed=4) -> tuple[Fingerprints, pd.DataFrame]:
    """Return galaxies of three classes, each with units of its own, and their truth."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 3
    pull = np.full((n, LAYOUT.n_units), 0.15)
    for k in range(3):
        pull[kind == k, 6 * k : 6 * k + 6] = 3.0
    counts = np.array([rng.multinomial(60, rng.dirichlet(row)) for row in pull])
    fibres = rng.choice([19, 61, 127], n)
    info = pd.DataFrame(
        {
            "plateifu": [f"8{k:03d}-{f}01" for k, f in enumerate(fibres)],
            "mangaID": [f"1-{k}" for k in range(n)],
            "suffix": [str(k) for k in range(n)],
            "split": np.where(rng.random(n) < 0.5, "train", "test"),
            "n_spectra": 60,
            "n_left_out": 0,
            "total": 60.0,
            "r_max": rng.uniform(1, 2, n),
            "fibres": fibres,
            "n_nodes": (counts > 0).sum(axis=1),
            "entropy": rng.uniform(0, 2, n),
            "meansn2": rng.uniform(5, 50, n),
            "redshift": rng.uniform(0.01, 0.1, n),
            "inclination": np.nan,
            "mean_log_age": kind + rng.normal(0, 0.5, n),
            "mean_z_h": np.nan,
        }
    )
    shares = (counts / 60).astype(np.float32)
    shares[-1] = 0
    info.loc[n - 1, ["split", "n_spectra", "n_nodes"]] = ["empty", 0, 0]
    truth = pd.DataFrame(
        {
            "plateifu": info["plateifu"],
            "inclination": rng.uniform(0, 90, n),
            "galaxy_class": np.array(CLASSES)[kind],
            "gradient": rng.choice(["flat", "steep"], n),
            "history": np.where(kind == 0, "old", "young"),
            "nucleus": "SF",
        }
    )
    order = rng.permutation(n)
    return Fingerprints(shares, info, LAYOUT), truth.iloc[order]


def galaxy_map(prints: Fingerprints, shape=(3, 4), seed=1) -> GalaxyMap:
    """Return a map of principal components of scaled training fingerprints."""
    known = prints.part("train")
    scaler = scaling.fit("clipped", known)
    scaled = scaler(known)
    mean = scaled.mean(axis=0)
    axes = np.linalg.svd(scaled - mean, full_matrices=False)[2][:5]
    codec = Principal(mean, axes.astype(np.float32))
    som = train(codec.encode(scaled), shape, "sheet", 10, np.random.default_rng(seed))
    bare = GalaxyMap(codec, som, scaler, prints.layout, np.zeros(0, np.float32))
    novelty = np.sort(bare.place(known)[1])
    return GalaxyMap(codec, som, scaler, prints.layout, novelty)


def energy(p, q, layout) -> np.ndarray:
    """Return the energy distance [grid steps] of fingerprints, over the last axis."""
    return np.sum(((np.asarray(p) - q) @ embedding(layout)) ** 2, axis=-1)
