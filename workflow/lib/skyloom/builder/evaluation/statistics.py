"""Statistics of a sample: how often components occur and what the fits leave behind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from skyloom.stats.intervals import one_share
from skyloom.stats.scatter import quantiles

KINDS = ("disk", "bulge", "bar", "spiral")
LEVEL = 0.68  # of the intervals of shares


def component_frequencies(models: Iterable[Mapping | None]) -> dict:
    """Return the share of models that have ``disk, bulge, bar, spiral`` (an arm).

    Models are in JSON form; None (a failed fit) does not count.
    """
    present = [m for m in models if m is not None]
    return {
        kind: one_share(sum(bool(m.get(kind)) for m in present), len(present), LEVEL)
        for kind in KINDS
    }


def arm_counts(models: Iterable[Mapping | None]) -> dict[str, dict]:
    """Return the share of galaxies by number of arms, ``{"0": share, "1": ...}``.

    Crowds miss arms: most one-armed galaxies have more, so this is no science result.
    """
    counts = [len(m.get("spiral") or ()) for m in models if m is not None]
    found = np.bincount(counts).tolist() if counts else []
    return {str(i): one_share(k, len(counts), LEVEL) for i, k in enumerate(found)}


def chisq_statistics(fits: Iterable[Mapping]) -> dict:
    """Return the distribution of reduced chi-square and outcomes of a sample's fits.

    Parameters
    ----------
    fits : iterable of mapping
        With ``chisq``, None where a fit failed, and ``status``.

    Returns
    -------
    dict
        ``n``, ``status`` {outcome: count}, ``quantiles`` {q05 ... q95, max}, and the
        counts ``below_2`` and ``above_3``; quantiles None without a finite value.
    """
    fits = list(fits)
    values = np.array([one["chisq"] for one in fits], float)  # None becomes NaN
    values = values[np.isfinite(values)]
    return {
        "n": int(values.size),
        "status": dict(Counter(one["status"] for one in fits)),
        "quantiles": quantiles(values) | {"max": values.max()} if values.size else None,
        "below_2": int((values < 2).sum()),
        "above_3": int((values > 3).sum()),
    }


def prior_shares(models: Iterable[Mapping]) -> dict[str, dict]:
    """Return how far priors decide each quantity, over a sample.

    Of all trees of ``models/<id>.json`` with a mean, by quantity, arms pooled, ``n``
    and the quantiles of the part of its variance that is the priors'
    (`fitting.posterior`).
    """
    found = defaultdict(list)
    for mean in filter(None, (tree["mean"] for tree in models)):
        for name, share in zip(mean["names"], mean["prior_shares"], strict=True):
            if share is not None:
                head, *_, key = name.split(".")
                found[f"{head}.{key}"].append(share)
    return {
        name: {"n": len(values), "quantiles": quantiles(np.array(values))}
        for name, values in sorted(found.items())
    }


def residual_statistics(residual, good) -> dict:
    """Measure what one fit leaves in its image.

    Parameters
    ----------
    residual : ndarray, shape (ny, nx)
        Data less model [sigma].
    good : ndarray of bool, shape (ny, nx)
        Pixels to use.

    Returns
    -------
    dict
        ``n_pixels, mean, sd, beyond_3`` (fraction past 3 sigma; 0.0027 for pure
        noise), ``neighbours`` (correlation of adjacent pixels; 0 for pure noise) and
        ``asymmetry`` (correlation with itself turned by 180 deg about the image
        centre).

    Raises
    ------
    ValueError
        If the shapes differ or no pixel is good.
    """
    residual, good = np.asarray(residual, float), np.asarray(good, bool)
    good = good & np.isfinite(residual)
    if residual.shape != good.shape or not good.any():
        msg = "residual: expected a mask of its shape with at least one good pixel"
        raise ValueError(msg)
    values = residual[good]
    turned = residual[::-1, ::-1], good & good[::-1, ::-1]
    return {
        "n_pixels": int(good.sum()),
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "beyond_3": float(np.mean(np.abs(values) > 3)),
        "neighbours": neighbour_correlation(residual, good),
        "asymmetry": _correlation(residual, *turned),
    }


def neighbour_correlation(residual, good) -> float | None:
    """Return the correlation of adjacent good pixels (Moran's I).

    None where no two good pixels touch or nothing varies.
    """
    z = np.where(good, residual - residual[good].mean(), 0.0)
    across, down = good[:, 1:] & good[:, :-1], good[1:] & good[:-1]
    pairs = (z[:, 1:] * z[:, :-1])[across].sum() + (z[1:] * z[:-1])[down].sum()
    n, variance = across.sum() + down.sum(), (z[good] ** 2).mean()
    return float(pairs / n / variance) if n and variance > 0 else None


def sample_residuals(trees: Iterable[Mapping]) -> dict:
    """Return quantiles over a sample of each number of `residual_statistics`."""
    trees = list(trees)
    names = ("mean", "sd", "beyond_3", "neighbours", "asymmetry")
    found = {k: [t[k] for t in trees if t[k] is not None] for k in names}
    spread = {k: quantiles(v) if v else None for k, v in found.items()}
    return {"n": len(trees)} | spread


def _correlation(a, b, good) -> float | None:
    a, b = a[good], b[good]
    if a.size < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])
