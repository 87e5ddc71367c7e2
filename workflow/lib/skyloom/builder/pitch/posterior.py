"""Hierarchical pitch angles: arms scatter about their galaxy's pitch angle.

The model, with one scatter common to all galaxies (angles in degrees)::

    galaxy   phi_g ~ Uniform(0, 90)
    scatter  sigma ~ InverseGamma(2, 20)
    arm      phi_a ~ Normal(phi_g, sigma) truncated to (0, 90)
    data     phi_obs - phi_a ~ scale Student-t(dof) + err_normal Normal

The published model took every one of 238,433 points as independent. Points along
one line are not, so here an arm enters as its record's estimate and error from whole
hands (`aggregation.arm_records`); the t tails allow for an error guessed from
few volunteers. The t is a mixture of normals, so phi_a is integrated out in closed form
and drawn afterwards, exactly: the sampler sees galaxies and the scatter only, which
leaves no funnel.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.builder.config import PitchSettings
from skyloom.builder.pitch.likelihood import draw_arms, galaxy_of, model, observations
from skyloom.io.errors import DatumError
from skyloom.stats.scatter import quantiles

# Acceptance that the step size is tuned to, in the first and the longer second attempt.
ACCEPTANCE = (0.85, 0.95)
LONGER = 4  # times the draws in the second attempt


class NotConvergedError(RuntimeError):
    """The sampler failed its own checks, twice; `diagnostics` says how."""

    def __init__(self, reason: str, diagnostics: dict):
        super().__init__(f"pitch angles: not converged: {reason}")
        self.reason = reason
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class PitchPosterior:
    """Posterior draws of the hierarchical model, in degrees.

    Attributes
    ----------
    scatter, galaxy, arm : ndarray
        Scatter between the arms of a galaxy (n_draws,); pitch angles of galaxies
        (n_draws, n_galaxies) and of arms (n_draws, n_arms).
    galaxies, arms : ndarray, DataFrame
        The columns of `galaxy`, sorted ids, and of `arm`, the arm table.
    diagnostics : dict
        Plain numbers: largest R-hat, fewest effective draws, divergences, attempts.
    """

    scatter: np.ndarray
    galaxy: np.ndarray
    arm: np.ndarray
    galaxies: np.ndarray
    arms: pd.DataFrame
    diagnostics: dict


def fit(
    arms: pd.DataFrame, settings: PitchSettings, rng: np.random.Generator
) -> PitchPosterior:
    """Sample the hierarchical model until it has converged.

    Arms are of `skyloom.builder.pitch.arms.arm_table`; those without an error are left
    out and counted. Draws are of chain after chain.

    Raises
    ------
    DatumError
        If no arm has an error.
    NotConvergedError
        If neither the configured run nor one `longer` run passes the checks.
    """
    known = arms["pitch_angle_err"] + arms["pitch_angle_err_normal"] > 0
    if not known.any():
        msg = "pitch angles: no subject has an arm with a pitch angle and an error"
        raise DatumError(msg)
    n_left_out, arms = int((~known).sum()), arms[known].reset_index(drop=True)
    seed = int(rng.integers(2**31))
    draws = {k: LONGER * getattr(settings, k) for k in ("warmup", "samples")}
    longer = settings.model_copy(update=draws)
    trials = zip((settings, longer), ACCEPTANCE, strict=True)
    for attempt, (trial, accept) in enumerate(trials, start=1):
        posterior = _attempt(arms, trial, accept, seed, rng)
        counts = {"attempts": attempt, "n_arms_without_error": n_left_out}
        posterior.diagnostics.update(counts, settings=trial.model_dump())
        reason = _complaint(posterior.diagnostics, trial)
        if reason is None:
            return posterior
    raise NotConvergedError(reason, posterior.diagnostics)


def summary_tree(posterior: PitchPosterior) -> dict:
    """Return ``scatter, n_galaxies, n_arms, galaxies, arms, diagnostics`` for JSON.

    Galaxies (``galaxy, n_arms``) and arms (as the arm table) are lists of rows, each
    with its `summary`.
    """
    arms = posterior.arms.reset_index(drop=True)
    counts = arms.groupby("galaxy").size()
    names = pd.DataFrame({"galaxy": posterior.galaxies, "n_arms": counts.to_numpy()})
    tables = {
        "galaxies": pd.concat([names, summary(posterior.galaxy)], axis=1),
        "arms": pd.concat([arms, summary(posterior.arm)], axis=1),
    }
    return {
        "scatter": summary(posterior.scatter[:, None]).to_dict("records")[0],
        "n_galaxies": len(names),
        "n_arms": len(arms),
        "diagnostics": posterior.diagnostics,
    } | {kind: table.to_dict("records") for kind, table in tables.items()}


def summary(draws: np.ndarray) -> pd.DataFrame:
    """Summarise draws (n_draws, n) [deg], a row each: mean, sd, ``q05 ... q95``."""
    columns = {"mean": draws.mean(0), "sd": draws.std(0, ddof=1)}
    return pd.DataFrame(columns | quantiles(draws))


def draw_arrays(posterior: PitchPosterior) -> dict[str, np.ndarray]:
    """Return the arrays of the draws' npz file, float32 [deg], and ids of columns.

    ``scatter`` (n_draws,), ``galaxy`` (n_draws, n_galaxies), ``arm`` (n_draws, n_arms).
    """
    arms = posterior.arms
    draws = {k: getattr(posterior, k) for k in ("scatter", "galaxy", "arm")}
    return {k: v.astype(np.float32) for k, v in draws.items()} | {
        "galaxy_id": posterior.galaxies.astype(np.int64),
        "arm_subject_id": arms["subject_id"].to_numpy(np.int64),
        "arm_galaxy_id": arms["galaxy"].to_numpy(np.int64),
        "arm_index": arms["arm"].to_numpy(np.int64),
    }


def _attempt(arms, settings, accept: float, seed: int, rng) -> PitchPosterior:
    data = observations(arms)
    draws, diagnostics = _sample(data, settings, accept, seed)
    chains, samples = draws["scatter"].shape
    flat = {k: v.reshape(chains * samples, -1) for k, v in draws.items()}
    scatter = flat["scatter"][:, 0]
    arm = draw_arms(data, flat["galaxy"], scatter, rng)
    every = draws | {"arm": arm.reshape(chains, samples, -1)}
    diagnostics |= _mixing(every)
    drawn = scatter, flat["galaxy"], arm
    return PitchPosterior(*drawn, data["galaxies"], arms, diagnostics)


def _sample(data: dict, settings: PitchSettings, accept: float, seed: int):
    """Run NUTS; return (chains, samples, ...) draws and its counts."""
    import jax  # noqa: PLC0415 - heavy, and needed by this function alone
    from numpyro import infer  # noqa: PLC0415

    zero = np.zeros(len(data["galaxies"]))
    cpu = jax.devices("cpu")[0]
    with jax.enable_x64(True), jax.default_device(cpu):
        kernel = infer.NUTS(
            model,
            target_accept_prob=accept,
            init_strategy=infer.init_to_value(values={"scatter": 8.0, "z": zero}),
        )
        mcmc = infer.MCMC(
            kernel,
            num_warmup=settings.warmup,
            num_samples=settings.samples,
            num_chains=settings.chains,
            chain_method="vectorized",
            progress_bar=False,
        )
        extra = ("diverging", "num_steps", "accept_prob")
        mcmc.run(jax.random.PRNGKey(seed), data, extra_fields=extra)
        found = mcmc.get_samples(group_by_chain=True)
        scatter, z = np.asarray(found["scatter"]), np.asarray(found["z"])
        extra = mcmc.get_extra_fields(group_by_chain=True)
        fields = {k: np.asarray(v) for k, v in extra.items()}
    galaxy, _ = galaxy_of(np, z, scatter[..., None], data)
    return {"scatter": scatter, "galaxy": galaxy}, {
        "n_chains": settings.chains,
        "n_samples": settings.samples,
        "divergences": int(fields["diverging"].sum()),
        "mean_steps": round(float(fields["num_steps"].mean()), 3),
        "mean_accept": round(float(fields["accept_prob"].mean()), 4),
    }


def _mixing(draws: dict) -> dict:
    """Worst split R-hat and effective sample size over every parameter."""
    from numpyro import diagnostics  # noqa: PLC0415

    rhat, ess = {}, {}
    for name, values in draws.items():
        flat = values.reshape(*values.shape[:2], -1)
        rhat[name] = round(float(diagnostics.split_gelman_rubin(flat).max()), 5)
        ess[name] = round(float(diagnostics.effective_sample_size(flat).min()), 1)
    worst = {"rhat_max": max(rhat.values()), "ess_min": min(ess.values())}
    return {"rhat": rhat, "ess": ess} | worst


def _complaint(found: dict, settings: PitchSettings) -> str | None:
    """Say what keeps a run from counting as converged, None if nothing does."""
    if found["divergences"]:
        return f"{found['divergences']} divergences"
    if not found["rhat_max"] < settings.rhat_max:
        return f"R-hat {found['rhat_max']} where {settings.rhat_max} is allowed"
    if not found["ess_min"] >= settings.ess_min:
        return f"{found['ess_min']} effective draws, {settings.ess_min} needed"
    return None
