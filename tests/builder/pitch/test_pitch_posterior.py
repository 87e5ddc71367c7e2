"""The hierarchical model of pitch angles."""

import json

import numpy as np
import pandas as pd
import pytest
from builder import pitch_grid
from scipy import integrate, special, stats
from skyloom.builder.aggregation.logspiral import t_width
from skyloom.builder.config import PitchSettings
from skyloom.builder.pitch import likelihood
from skyloom.builder.pitch import posterior as pitch
from skyloom.builder.pitch.posterior import NotConvergedError
from skyloom.io.documents import plain

SETTINGS = PitchSettings(warmup=300, samples=1000)


@pytest.fixture(scope="module")
def arms():
    """Return the arm table of 14 simulated galaxies, some tight, some open."""
    return pitch_grid.simulate(np.random.default_rng(4), 14, low=3, high=45)[1]


@pytest.fixture(scope="module")
def posterior(arms):
    """Return one sampled posterior of those arms."""
    return pitch.fit(arms, SETTINGS, np.random.default_rng(0))


def test_sampler_converges_at_once(posterior):
    """R-hat below 1.01, no divergence, and effective draws are reported."""
    found = posterior.diagnostics
    assert (found["attempts"], found["divergences"]) == (1, 0)
    assert found["rhat_max"] < 1.01
    assert found["ess_min"] > 1000


def test_sampler_agrees_with_brute_force(arms, posterior):
    """Means and sds are those of an integration over a grid, without sampling."""
    weight, galaxy, arm = pitch_grid.posterior(arms)
    for draws, density in ((posterior.galaxy, galaxy), (posterior.arm, arm)):
        mean, sd = pitch_grid.moments(density)
        assert np.abs((draws.mean(0) - mean) / sd).max() < 0.12
        np.testing.assert_allclose(draws.std(0), sd, rtol=0.12)
    mean, sd = pitch_grid.moments(weight, pitch_grid.SCATTERS)
    assert abs(posterior.scatter.mean() - mean) < 0.15 * sd


def test_same_seed_same_bytes(arms, posterior):
    """Sampling again gives the same draws to the last bit."""
    again = pitch.fit(arms, SETTINGS, np.random.default_rng(0))
    for name in ("scatter", "galaxy", "arm"):
        assert getattr(again, name).tobytes() == getattr(posterior, name).tobytes()


def test_arms_shrink_towards_their_galaxy(posterior):
    """Poorly measured arms move towards their galaxy, good ones stay."""
    tree = pitch.summary_tree(posterior)
    table, hosts = (pd.DataFrame(tree[kind]) for kind in ("arms", "galaxies"))
    host = hosts.set_index("galaxy")["mean"]
    gap = table["pitch_angle"] - table["galaxy"].map(host)
    moved = table["pitch_angle"] - table["mean"]
    weak = table["pitch_angle_err"] > table["pitch_angle_err"].median()
    assert np.mean((moved * gap > 0)[np.abs(gap) > 2]) > 0.9
    assert np.abs(moved[weak]).mean() > 1.5 * np.abs(moved[~weak]).mean()


def test_summaries_are_plain_and_complete(arms, posterior):
    """The tree is JSON without NaN, the arrays are aligned with the ids."""
    tree = pitch.summary_tree(posterior)
    json.dumps(plain(tree), allow_nan=False)
    assert (tree["n_galaxies"], tree["n_arms"]) == (14, len(arms))
    assert {"mean", "sd", "q05", "q16", "q50", "q84", "q95"} <= set(tree["scatter"])
    arrays = pitch.draw_arrays(posterior)
    assert arrays["galaxy"].shape == (4000, len(arrays["galaxy_id"]))
    assert arrays["arm"].shape == (4000, len(arrays["arm_galaxy_id"]))
    assert arrays["galaxy"].dtype == np.float32


def test_model_covers_its_truth():
    """68 % intervals hold 68 +- 7 % of 200 galaxies and their arms."""
    truth, arms = pitch_grid.simulate(np.random.default_rng(9), 200)
    _, galaxy, arm = pitch_grid.posterior(arms)
    for density, true in ((galaxy, truth), (arm, arms["truth"])):
        rank = pitch_grid.rank(density, true)
        assert np.mean(np.abs(rank - 0.5) < 0.34) == pytest.approx(0.68, abs=0.07)
        assert rank.mean() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("dof", [2, 3, 6, 14, 60])
def test_mixture_is_the_t_distribution(dof):
    """The normals add up to Student's t within 2 % out to 4 sigma."""
    precision, weight = likelihood.t_mixture(np.array([dof]))
    z = np.linspace(-4, 4, 17)[:, None]
    mixed = (weight * stats.norm.pdf(z, scale=precision**-0.5)).sum(axis=1)
    np.testing.assert_allclose(mixed, stats.t.pdf(z[:, 0], dof), rtol=0.025)
    assert weight.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("observed", "sd", "galaxy", "scatter"),
    [(20, 2, 25, 8), (3, 4, 1, 12), (88, 3, 70, 5), (15, 0.3, 14, 2)],
)
def test_integrated_arm_matches_quadrature(observed, sd, galaxy, scatter):
    """The closed form is the integral over the arm's own angle."""
    ends = -galaxy / scatter, (90 - galaxy) / scatter
    prior = stats.truncnorm(*ends, galaxy, scatter)
    value, _ = integrate.quad(
        lambda x: prior.pdf(x) * stats.norm.pdf(observed, x, sd),
        0, 90, points=[observed, galaxy], limit=200,
    )  # fmt: skip
    terms = likelihood.arm_terms(np, special.erf, (observed, sd**2), galaxy, scatter)
    assert terms[0] == pytest.approx(np.log(value), abs=1e-6)


def test_coordinates_carry_their_jacobian():
    """The derivative of the map is the Jacobian it states, up to a constant."""
    data = {"mean": np.array([1.0, 20.0, 89.0]), "mean_variance": 4.0, "n_arms": 2}
    z, h = np.array([-1.0, 0.3, 2.0]), 1e-6
    for scatter in (2.0, 10.0):
        up, down = (likelihood.galaxy_of(np, z + d, scatter, data)[0] for d in (h, -h))
        _, log_jacobian = likelihood.galaxy_of(np, z, scatter, data)
        numeric = np.log((up - down) / (2 * h))
        np.testing.assert_allclose(numeric - log_jacobian, np.log(90), atol=1e-5)


def test_drawn_arms_follow_their_conditional():
    """With galaxy and scatter fixed the arm's draws are truncated t times normal."""
    _, table = pitch_grid.simulate(np.random.default_rng(2), 1, low=5, high=6)
    half = 4.0 * t_width(4)
    table = table.iloc[:1].assign(pitch_angle=3.0, pitch_angle_err=half, dof=4)
    data = likelihood.observations(table)
    n = 20000
    draws = likelihood.draw_arms(
        data, np.full((n, 1), 8.0), np.full(n, 6.0), np.random.default_rng(1)
    )
    x = pitch_grid.PHI
    density = stats.t.pdf((x - 3) / 4, 4) * stats.norm.pdf(x, 8, 6)
    mean, sd = pitch_grid.moments(density / density.sum())
    assert draws.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(n) + 0.02)
    assert draws.std() == pytest.approx(sd, rel=0.03)


def test_second_run_is_longer_then_it_fails_aloud(arms, monkeypatch):
    """A run that does not mix is tried once more, longer, then raises its reason."""
    tried = []

    def stuck(data, settings, accept, seed):
        tried.append((settings.samples, accept))
        level = np.arange(settings.chains)[:, None] * 9.0 + 9.0
        scatter = level + np.random.default_rng(seed).random((1, settings.samples))
        galaxy = np.repeat(scatter[..., None], len(data["galaxies"]), axis=2)
        return {"scatter": scatter, "galaxy": galaxy}, {"divergences": 0}

    monkeypatch.setattr(pitch, "_sample", stuck)
    settings = SETTINGS.model_copy(update={"samples": 50})
    with pytest.raises(NotConvergedError, match=r"not converged: R-hat \d") as caught:
        pitch.fit(arms, settings, np.random.default_rng(0))
    assert tried == [(50, 0.85), (200, 0.95)]
    assert caught.value.diagnostics["attempts"] == 2


def test_divergences_count_as_not_converged():
    """One divergence is one too many."""
    found = {"divergences": 1, "rhat_max": 1.0, "ess_min": 4000}
    assert pitch._complaint(found, SETTINGS) == "1 divergences"
    assert pitch._complaint(found | {"divergences": 0}, SETTINGS) is None
    few = {"divergences": 0, "rhat_max": 1.0, "ess_min": 10}
    assert "10 effective draws" in pitch._complaint(few, SETTINGS)


def test_sample_without_arms_is_refused(arms):
    """No arm with an error: there is nothing to fit, and it is said."""
    for table in (arms.iloc[:0], arms.assign(pitch_angle_err=np.nan)):
        with pytest.raises(ValueError, match="no subject has an arm"):
            pitch.fit(table, SETTINGS, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"rhat_max": 1.0099}, None),
        ({"rhat_max": 1.01}, "R-hat"),
        ({"rhat_max": float("nan")}, "R-hat"),
        ({"ess_min": 400}, None),
        ({"ess_min": 399.9}, "effective draws"),
    ],
)
def test_just_converged_and_just_not(change, word):
    """R-hat must be below its limit; as many effective draws as asked are enough."""
    settings = SETTINGS.model_copy(update={"rhat_max": 1.01, "ess_min": 400})
    found = {"divergences": 0, "rhat_max": 1.0, "ess_min": 4000} | change
    reason = pitch._complaint(found, settings)
    assert (reason is None) if word is None else (word in reason)


def test_a_summary_is_of_draws():
    """Mean, sd with n - 1, and quantiles of each column."""
    draws = np.array([[1.0, 10.0], [2.0, 10.0], [6.0, 40.0]])
    found = pitch.summary(draws)
    assert found["mean"].tolist() == [3.0, 20.0]
    assert found["sd"].tolist() == pytest.approx([7**0.5, 300**0.5])
    assert found["q50"].tolist() == [2.0, 10.0]
    assert found["q05"].tolist() == pytest.approx([1.1, 10.0])


def test_observations_of_unequal_arms():
    """A t's scale is its 68 % over that of Student's t; galaxies average their arms."""
    rows = {
        "galaxy": [9, 4, 9],
        "dof": [2, 5, 11],
        "pitch_angle": [10.0, 30.0, 20.0],
        "pitch_angle_err": [1.0, 2.0, 3.0],
        "pitch_angle_err_normal": [0.5, 0.25, 0.0],
    }
    found = likelihood.observations(pd.DataFrame(rows))
    # Half of the central 68.27 % of Student's t, from its table.
    scale = np.array([1.0, 2.0, 3.0]) / stats.t.ppf(0.8413447, [2, 5, 11])
    assert found["galaxies"].tolist() == [4, 9]
    assert found["galaxy"].tolist() == [1, 0, 1]
    assert found["n_arms"].tolist() == [1, 2]
    assert found["mean"].tolist() == [30.0, 15.0]
    variance = scale**2 + np.array([0.5, 0.25, 0.0]) ** 2
    wanted = [variance[1], (variance[0] + variance[2]) / 2]
    assert found["mean_variance"] == pytest.approx(wanted, rel=1e-6)


def test_coordinates_step_by_the_error_of_a_galaxy_s_mean():
    """At its mean, one step of z is its own width; never wider than the prior."""
    data = {"mean": np.array([30.0, 45.0]), "n_arms": np.array([4, 1])}
    data["mean_variance"] = np.array([16.0, 9.0])
    for scatter, widths in ((0.1, [2.0, 3.0]), (1e6, [90 / 12**0.5] * 2)):
        galaxy, _ = likelihood.galaxy_of(np, np.zeros(2), scatter, data)
        assert galaxy == pytest.approx(data["mean"])
        up, down = (
            likelihood.galaxy_of(np, np.full(2, h), scatter, data)[0]
            for h in (1e-4, -1e-4)
        )
        assert (up - down) / 2e-4 == pytest.approx(widths, rel=0.01)


@pytest.mark.parametrize("scatter", [2.0, 8.0, 25.0])
def test_the_prior_of_the_scatter_is_the_published_one(scatter):
    """Inverse gamma of shape 2 and scale 20 deg: Lingard et al. 2021, section 2.4."""
    from numpyro.infer.util import log_density

    none, pairs = np.zeros(0), np.zeros((0, 8))
    data = {"mean": none, "mean_variance": none, "n_arms": none, "observed": none}
    data |= {"variance": pairs, "log_weight": pairs, "galaxy": np.zeros(0, int)}
    at = {"scatter": scatter, "z": none}
    found, _ = log_density(likelihood.model, (data,), {}, at)
    wanted = stats.invgamma(2, scale=20).logpdf(scatter)
    assert float(found) == pytest.approx(wanted, abs=1e-4)
