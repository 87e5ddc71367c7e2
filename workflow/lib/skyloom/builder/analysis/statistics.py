"""Statistics of a sample: how often components occur and what the fits leave behind.

Source: binomial intervals, Brown, Cai & DasGupta 2001, Statistical Science 16, 101.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy import ndimage, stats

KINDS = ("disk", "bulge", "bar", "spiral")


def proportion(k: int, n: int, level: float = 0.68) -> dict:
    """Binomial proportion with its equal-tailed interval under Jeffreys' prior.

    Parameters
    ----------
    k, n : int
        Successes of trials, 0 <= k <= n.
    level : float
        Probability inside the interval.

    Returns
    -------
    dict
        ``k, n, p, low, high``; p is k / n, None without trials.
    """
    if not 0 <= k <= n:
        msg = f"proportion: expected 0 <= k <= n, got k={k}, n={n}"
        raise ValueError(msg)
    tail = (1 - level) / 2
    low, high = stats.beta.ppf([tail, 1 - tail], k + 0.5, n - k + 0.5)
    # Jeffreys' interval is open at the ends, where the data allow p = 0 or 1
    low, high = (0.0 if k == 0 else low), (1.0 if k == n else high)
    return {
        "k": int(k),
        "n": int(n),
        "p": k / n if n else None,
        "low": float(low),
        "high": float(high),
    }


def component_frequencies(models: Iterable[Mapping | None]) -> dict:
    """How many models have each component.

    Parameters
    ----------
    models : iterable of mapping
        Models in JSON form; None (a failed fit) does not count.

    Returns
    -------
    dict
        ``disk, bulge, bar, spiral`` (one arm or more), each as `proportion`.
    """
    present = [m for m in models if m is not None]
    return {
        kind: proportion(sum(bool(m.get(kind)) for m in present), len(present))
        for kind in KINDS
    }


def stage_frequencies(stages: Mapping[str, Iterable[Mapping | None]]) -> dict:
    """Component frequencies by stage (drawn, agreed, fitted ...): a dict of dicts."""
    return {stage: component_frequencies(models) for stage, models in stages.items()}


def arm_counts(models: Iterable[Mapping | None]) -> dict[str, dict]:
    """Galaxies by number of arms, ``{"0": proportion, "1": ...}``.

    Crowds miss arms: most one-armed galaxies have more, so this is no science result.
    """
    counts = [len(m.get("spiral") or ()) for m in models if m is not None]
    found = np.bincount(counts) if counts else []
    return {str(i): proportion(int(k), len(counts)) for i, k in enumerate(found)}


def chisq_statistics(chisq, status) -> dict:
    """Distribution of reduced chi-square and outcome of the fits of a sample.

    Parameters
    ----------
    chisq : array, shape (n,)
        Reduced chi-square; NaN or None where a fit failed.
    status : sequence of str, shape (n,)
        Outcome of each fit.

    Returns
    -------
    dict
        ``n``, ``status`` {outcome: count}, ``quantiles`` {q05 ... q95, max}, and the
        counts ``below_2`` and ``above_3``; quantiles None without a finite value.
    """
    values = np.array([np.nan if v is None else v for v in chisq], float)
    values = values[np.isfinite(values)]
    names, counts = np.unique(np.asarray(status, str), return_counts=True)
    return {
        "n": int(values.size),
        "status": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "quantiles": quantiles(values) | {"max": values.max()} if values.size else None,
        "below_2": int((values < 2).sum()),
        "above_3": int((values > 3).sum()),
    }


def quantiles(values) -> dict[str, float]:
    """Quantiles ``q05, q16, q50, q84, q95`` of finite values."""
    levels = (5, 16, 50, 84, 95)
    found = np.percentile(values, levels)
    return {f"q{p:02d}": float(q) for p, q in zip(levels, found, strict=True)}


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
        noise), ``neighbours`` (correlation of adjacent pixels; 0 for pure noise),
        ``smooth_sd`` (sd after a 3 x 3 mean, times 3; 1 for pure noise) and
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
        "smooth_sd": _smooth_sd(residual, good),
        "asymmetry": _correlation(residual, *turned),
    }


def neighbour_correlation(residual, good) -> float | None:
    """Correlation of horizontally and vertically adjacent good pixels (Moran's I).

    Returns None where no two good pixels touch or nothing varies.
    """
    z = np.where(good, residual - residual[good].mean(), 0.0)
    across, down = good[:, 1:] & good[:, :-1], good[1:] & good[:-1]
    pairs = (z[:, 1:] * z[:, :-1])[across].sum() + (z[1:] * z[:-1])[down].sum()
    n, variance = across.sum() + down.sum(), (z[good] ** 2).mean()
    return float(pairs / n / variance) if n and variance > 0 else None


def sample_residuals(trees: Iterable[Mapping]) -> dict:
    """Quantiles over a sample of each number of `residual_statistics`."""
    trees = list(trees)
    names = ("mean", "sd", "beyond_3", "neighbours", "smooth_sd", "asymmetry")
    found = {k: [t[k] for t in trees if t[k] is not None] for k in names}
    spread = {k: quantiles(v) if v else None for k, v in found.items()}
    return {"n": len(trees)} | spread


def _smooth_sd(residual, good) -> float | None:
    """Sd of full 3 x 3 means, in units of what independent noise gives."""
    full = ndimage.minimum_filter(good, 3, mode="constant", cval=False)
    if full.sum() < 2:
        return None
    mean = ndimage.uniform_filter(np.where(good, residual, 0.0), 3, mode="constant")
    return float(3 * mean[full].std())


def _correlation(a, b, good) -> float | None:
    a, b = a[good], b[good]
    if a.size < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])
