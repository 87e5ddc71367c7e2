"""The likelihood of the hierarchical pitch model, for numpy and for jax.

See `skyloom.builder.pitch.posterior` for the model. An arm's own angle is integrated
out: with the t likelihood written as a mixture of normals the integral has a closed
form, and the arm's conditional is a mixture of truncated normals, which is drawn from
exactly.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.4.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special, stats

from skyloom.builder.aggregation.logspiral import t_width

UPPER = 90.0
NODES = 8  # normals of a mixture
SCATTER_PRIOR = (2.0, 20.0)  # shape, and scale [deg], of the inverse gamma


def observations(arms: pd.DataFrame) -> dict[str, np.ndarray]:
    """Turn the arm table into the arrays of the likelihood.

    The error with Student's tails is half of a 68 % interval; divided by that of
    Student's t it is the scale of the t.

    Returns
    -------
    dict
        ``observed`` (n_arms,) [deg]; ``variance`` and ``log_weight``
        (n_arms, n_nodes), the normals whose mixture is the t likelihood [deg^2];
        ``galaxy`` (n_arms,), index into ``galaxies`` (n_galaxies,); of each galaxy
        ``n_arms``, ``mean`` [deg] and ``mean_variance`` [deg^2] of its arms.
    """
    galaxies, index = np.unique(arms["galaxy"].to_numpy(), return_inverse=True)
    dof = arms["dof"].to_numpy(int)
    precision, weight = t_mixture(dof)
    scale = arms["pitch_angle_err"].to_numpy(float) / t_width(dof)
    normal = arms["pitch_angle_err_normal"].to_numpy(float)
    observed, count = arms["pitch_angle"].to_numpy(float), np.bincount(index)
    return {
        "observed": observed,
        "variance": scale[:, None] ** 2 / precision + normal[:, None] ** 2,
        "log_weight": np.log(weight),
        "galaxy": index,
        "galaxies": galaxies,
        "n_arms": count,
        "mean": np.bincount(index, observed) / count,
        "mean_variance": np.bincount(index, scale**2 + normal**2) / count,
    }


def t_mixture(dof: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return precisions and weights (n, `NODES`) of normals that make Student's t.

    ``t_dof(z) = sum_k weight_k Normal(z; 0, 1 / precision_k)``: the integral over
    the gamma-distributed precision by the trapezoid rule in its logarithm, within
    2 % for |z| < 5 and dof of 2 or more. Weights add up to one.
    """
    half = np.asarray(dof, float)[:, None] / 2
    gamma = stats.gamma(half, scale=1 / half)
    ends = np.log(gamma.ppf(1e-3)), np.log(gamma.isf(1e-3))
    precision = np.exp(np.linspace(*ends, NODES, axis=1)[..., 0])
    weight = gamma.pdf(precision) * precision
    return precision, weight / weight.sum(axis=1, keepdims=True)


def model(data: dict):
    """State the model to numpyro: priors, and the arms as one factor.

    Parameters
    ----------
    data : dict
        From `observations`.
    """
    import numpyro  # noqa: PLC0415
    from jax import numpy as jnp  # noqa: PLC0415
    from jax.scipy.special import erf, logsumexp  # noqa: PLC0415
    from numpyro import distributions as dist  # noqa: PLC0415

    scatter = numpyro.sample("scatter", dist.InverseGamma(*SCATTER_PRIOR))
    flat = dist.ImproperUniform(dist.constraints.real_vector, (), data["mean"].shape)
    z = numpyro.sample("z", flat)
    galaxy, log_jacobian = galaxy_of(jnp, z, scatter, data)
    numpyro.factor("galaxies", log_jacobian.sum())
    observed = data["observed"][:, None], data["variance"]
    own = galaxy[data["galaxy"], None]
    terms, _, _ = arm_terms(jnp, erf, observed, own, scatter)
    numpyro.factor("arms", logsumexp(data["log_weight"] + terms, axis=1).sum())


def galaxy_of(xp, z, scatter, data: dict):
    """Map unbounded coordinates z (..., n_galaxies) to pitch angles [deg] of galaxies.

    ``logit(phi / 90) = logit(mean / 90) + step z``, the step following from the
    scatter [deg], so that the sampler meets much the same shape whatever the scatter
    is. And log |d galaxy / d z|, up to a constant, which keeps the prior uniform. The
    module `xp` is numpy or jax.numpy, `data` from `observations`.
    """
    p = np.clip(data["mean"] / UPPER, 0.05, 0.95)
    variance = (scatter**2 + data["mean_variance"]) / data["n_arms"]
    # a large scatter leaves the prior's own width, not a growing one
    width = xp.sqrt(1 / (1 / variance + 12 / UPPER**2))
    step = width / (UPPER * p * (1 - p))
    turns = xp.clip(np.log(p / (1 - p)) + step * z, -30.0, 30.0)
    share = 1 / (1 + xp.exp(-turns))
    return UPPER * share, xp.log(share * (1 - share) * step)


def arm_terms(xp, erf, data, galaxy, scatter):
    """Log likelihood of an arm with its own angle integrated out.

    int_0^90 TruncNormal(phi; m, s) Normal(observed; phi, v) dphi, and the mean and
    sd of the normal that, truncated to (0, 90), is phi's conditional.
    """
    observed, variance = data
    total = scatter**2 + variance
    mean = (galaxy * variance + observed * scatter**2) / total
    sd = scatter * xp.sqrt(variance / total)
    kept, prior = (
        erf((UPPER - m) / (s * 2**0.5)) + erf(m / (s * 2**0.5))
        for m, s in ((mean, sd), (galaxy, scatter))
    )
    squares = (observed - galaxy) ** 2 / total + xp.log(2 * np.pi * total)
    return xp.log(kept / prior) - squares / 2, mean, sd


def draw_arms(data: dict, galaxy, scatter, rng: np.random.Generator) -> np.ndarray:
    """Draw arms given their galaxies: the part that was integrated out.

    From galaxies (n_draws, n_galaxies) and scatter (n_draws,) come pitch angles
    (n_draws, n_arms), all in degrees; `data` is from `observations`.
    """
    out = np.empty((len(scatter), len(data["observed"])))
    for a in range(out.shape[1]):
        m = galaxy[:, data["galaxy"][a], None]
        observed, variance = data["observed"][a], data["variance"][a]
        parts = arm_terms(np, special.erf, (observed, variance), m, scatter[:, None])
        log_share = data["log_weight"][a] + parts[0]
        chosen = _pick(log_share, rng)
        mean, sd = (np.take_along_axis(p, chosen, 1)[:, 0] for p in parts[1:])
        out[:, a] = _truncated_normal(mean, sd, rng)
    return out


def _pick(log_share: np.ndarray, rng) -> np.ndarray:
    """Draw one mixture component a row; log_share (n, nodes) -> (n, 1)."""
    share = np.cumsum(special.softmax(log_share, axis=1), axis=1)
    drawn = rng.random((len(share), 1)) * share[:, -1:]
    return np.argmax(share >= drawn, axis=1, keepdims=True)


def _truncated_normal(mean, sd, rng) -> np.ndarray:
    low, high = special.ndtr(-mean / sd), special.ndtr((UPPER - mean) / sd)
    u = low + (high - low) * rng.random(len(mean))
    return np.clip(mean + sd * special.ndtri(u), 1e-9, UPPER - 1e-9)
