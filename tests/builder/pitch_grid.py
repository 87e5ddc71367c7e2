"""The hierarchical pitch model on a grid: brute force, no sampler, no mixture."""

import numpy as np
import pandas as pd
from scipy import stats
from skyloom.builder.aggregation.logspiral import t_width

PHI = np.arange(0.125, 90, 0.25)
SCATTERS = np.geomspace(1.5, 40, 40)


def simulate(rng, n_galaxies, scatter=8.0, low=0.0, high=90.0):
    """Return true galaxies and an arm table with a column ``truth``."""
    galaxies, rows = rng.uniform(low, high, n_galaxies), []
    for g, phi in enumerate(galaxies):
        for arm in range(rng.choice([1, 2, 3], p=[0.3, 0.5, 0.2])):
            ends = -phi / scatter, (90 - phi) / scatter
            truth = stats.truncnorm.rvs(*ends, phi, scatter, random_state=rng)
            dof, error = int(rng.choice([3, 4, 6, 9, 14])), rng.lognormal(0.7, 0.4)
            observed = np.clip(abs(truth + rng.normal(0, error)), 0, 89.9)
            guessed = error * np.sqrt(rng.chisquare(dof) / dof)
            half = guessed * t_width(dof)
            rows.append((g, g, arm, observed, half, 0.0, dof, 1, dof + 1, truth))
    names = "subject_id galaxy arm pitch_angle pitch_angle_err pitch_angle_err_normal"
    columns = [*names.split(), "dof", "chirality", "n_lines", "truth"]
    return galaxies, pd.DataFrame(rows, columns=columns)


def posterior(arms):
    """Integrate the model over the grid.

    Returns the scatter's weights (n_scatters,) and each galaxy's and each arm's
    density on `PHI`: (n_galaxies, n_phi) and (n_arms, n_phi), rows adding up to one.
    """
    observed, error, dof = (
        arms[k].to_numpy()[:, None] for k in ("pitch_angle", "pitch_angle_err", "dof")
    )
    likelihood = stats.t.pdf((PHI - observed) / error * t_width(dof), dof)
    index = arms["galaxy"].to_numpy()
    runs = [_given(s, likelihood, index) for s in SCATTERS]
    prior = stats.invgamma.logpdf(SCATTERS, 2, scale=20) + np.log(SCATTERS)
    log_weight = prior + np.array([run[0] for run in runs])
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    galaxy = np.tensordot(weight, np.array([run[1] for run in runs]), 1)
    arm = np.tensordot(weight, np.array([run[2] for run in runs]), 1)
    return weight, galaxy, arm


def moments(density, points=PHI):
    """Mean and sd of densities (..., n_points) on a grid."""
    mean = density @ points
    return mean, np.sqrt(density @ points**2 - mean**2)


def rank(density, truth):
    """Posterior probability below each truth, shape (n,)."""
    cumulative = np.cumsum(density, axis=1) - density / 2
    return np.array(
        [np.interp(t, PHI, row) for t, row in zip(truth, cumulative, strict=True)]
    )


def _given(scatter, likelihood, index):
    """Evidence, galaxies and arms at one scatter."""
    kernel = np.exp(-(((PHI[:, None] - PHI) / scatter) ** 2) / 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    single = likelihood @ kernel.T
    galaxy = np.ones((index.max() + 1, len(PHI)))
    np.multiply.at(galaxy, index, single)
    others = galaxy[index] / single
    arm = likelihood * (others @ kernel)
    evidence = np.log(galaxy.mean(axis=1)).sum()
    return evidence, _normal(galaxy), _normal(arm)


def _normal(rows):
    return rows / rows.sum(axis=1, keepdims=True)
