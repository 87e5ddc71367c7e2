"""The analysis on real galaxies: what was published, found again or repaired."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from published_models import published_aggregate
from skyloom.builder.config import PitchSettings
from skyloom.builder.evaluation import agreement, comparison
from skyloom.builder.evaluation.repeatability import repeatability
from skyloom.builder.evaluation.statistics import component_frequencies
from skyloom.builder.model import to_dict
from skyloom.builder.pitch import morphology, winding
from skyloom.builder.pitch import posterior as pitch
from skyloom.builder.pitch.arms import arm_table

pytestmark = pytest.mark.real
COMPONENTS = {"bulge": "bulge_fraction", "bar": "bar_fraction"}


@pytest.fixture(scope="module")
def trees(real):
    """Return the decoded published files, by subject."""
    paths = sorted((real / "builder/galaxies/models").glob("*.json.gz"))
    found = {}
    for path in paths:
        with gzip.open(path) as stream:
            tree = json.load(stream)
        found[tree["subject"]] = tree
    return found


@pytest.fixture(scope="module")
def published(real):
    """Return the catalogue as published."""
    return pd.read_csv(real / "builder/galaxies/galaxy-builder-catalogue.csv")


@pytest.fixture(scope="module")
def pairs(real):
    """Return the subjects that show one galaxy."""
    table = pd.read_csv(real / "builder/galaxies/duplicate_galaxies.csv")
    return table.rename(columns={"0": "first", "1": "second"})[["first", "second"]]


@pytest.fixture(scope="module")
def multipliers(real):
    """Return nanomaggies per image unit of the subjects with an image."""
    found = {}
    for path in (real / "builder/galaxies/images").glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            found[int(path.stem)] = float(arrays["multiplier"])
    return found


@pytest.fixture(scope="module")
def posterior(trees, pairs):
    """Return the pitch angles of one subject a galaxy, from the published arms.

    The published covariance takes points as independent; here a line counts once.
    """
    found = [_published(s, tree) for s, tree in trees.items()]
    models, aggregates = zip(*found, strict=True)
    galaxies = dict(zip(pairs["second"], pairs["first"], strict=True))
    settings = PitchSettings(warmup=300, samples=600)
    arms = arm_table(models, aggregates, galaxies=galaxies)
    return pitch.fit(arms, settings, np.random.default_rng(1))


def test_pitch_angles_converge(posterior):
    """R-hat below 1.01 without divergences, over some 170 arms of 96 galaxies."""
    assert posterior.diagnostics["attempts"] <= 2
    assert posterior.diagnostics["rhat_max"] < 1.01
    assert posterior.diagnostics["divergences"] == 0
    assert posterior.galaxy.shape[1] > 90


def test_pitch_angles_do_not_follow_bulge_or_bar(posterior, published, real):
    """Published: at most 1 % of galaxy draws rejected, 0 % of arm draws; no link."""
    hart = pd.read_csv(real / "builder/compiled_hart_catalog.csv")
    votes = hart.drop_duplicates("dr7objid").set_index("dr7objid")["p_bar"]
    table = published.set_index("galaxy_builder_id").loc[posterior.galaxies]
    bulge = table["bulge_fraction"].fillna(0).to_numpy()
    bar = table["dr7objid"].map(votes).to_numpy(float)
    measures = {
        "bulge": (bulge, morphology.bulge_group(bulge, np.median(bulge))),
        "bar": (bar, morphology.bar_group(bar)),
    }
    for strength, groups in measures.values():
        found = morphology.morphology_test(
            posterior.galaxy,
            strength,
            groups,
            np.random.default_rng(2),
            n_draws=200,
            n_resamples=2000,
        )
        assert found["anderson_darling"]["all"]["rejected"] < 0.05
        assert found["pearson"]["p_value"] > 0.01
        assert found["spearman"]["p_value"] > 0.01
        of_galaxy = dict(zip(posterior.galaxies.tolist(), groups, strict=True))
        arms = posterior.arms["galaxy"].map(of_galaxy).to_numpy(str)
        of_arms = morphology.group_test(posterior.arm[::12], arms)
        assert of_arms["all"]["rejected"] < 0.05


def test_winding_is_not_rejected_within_the_published_limits(posterior):
    """Not rejected from 15 to 50 deg, rejected with a lower limit of 5 deg."""
    within = winding.winding_test(posterior.galaxy, 15, 50)
    below = winding.winding_test(posterior.galaxy, 5, 50)
    assert within["n_galaxies"] > 40
    assert within["anderson_darling"]["rejected"] < 0.1
    assert below["anderson_darling"]["rejected"] > 0.9


def test_repeats_scatter_as_published(published, pairs):
    """35 of the 98 repeats are here: scatter within a factor two of all 98."""
    table = published.rename(columns={"galaxy_builder_id": "subject_id"})
    names = ["disk_Re", "disk_q", "bulge_fraction"]
    tree = repeatability(table, pairs, names, COMPONENTS)
    expected = dict(zip(names, (1.04, 0.022, 0.015), strict=True))
    assert tree["n_pairs"] == 35
    for name, scatter in expected.items():
        assert 0.5 < tree["parameters"][name]["scatter"] / scatter < 2
    assert tree["presence"]["bulge"]["agree"]["value"] == pytest.approx(
        82 / 98, abs=0.15
    )
    assert tree["presence"]["bar"]["agree"]["value"] == pytest.approx(74 / 98, abs=0.15)


def test_repaired_bar_light_is_the_rendered_light(published, trees):
    """Repaired bar fractions are those of the rendered images; published ones not."""
    repaired = comparison.repaired_published(published).set_index("subject_id")
    raw = published.set_index("galaxy_builder_id")
    ratios = []
    for subject, tree in trees.items():
        sums = (tree.get("tuning") or {}).get("comp_sums") or {}
        if "bar" not in sums:
            continue
        total = sum(v for v in sums.values() if v is not None)
        rendered = sums["bar"] / total
        ratios.append(
            (
                repaired.loc[subject, "bar_fraction"] / rendered,
                raw.loc[subject, "bar_fraction"] / rendered,
            )
        )
    mended, original = np.std(np.log(ratios), axis=0)
    assert len(ratios) > 20
    assert mended < 0.5 * original


def test_repaired_magnitudes_are_in_nanomaggies(published, multipliers):
    """The multiplier shifts magnitudes by 0.76 in the median, to 13.9 - 16.8."""
    repaired = comparison.repaired_published(published, multipliers)
    known = repaired["mag"].notna()
    shift = (published["pogson_magnitude"] - repaired["mag"])[known]
    assert known.sum() > 100
    assert shift.median() == pytest.approx(0.76, abs=0.2)
    assert repaired.loc[known, "mag"].between(13.5, 17.2).all()


def test_volunteers_draw_components_as_often_as_published(trees):
    """Of all volunteer models 86, 75, 35 and 56 % have disk, bulge, bar and arms."""
    models = [
        model | {"spiral": [k for k in model["spiral"] if k.startswith("points")]}
        for tree in trees.values()
        for model in tree["models"]
    ]
    found = component_frequencies(models)
    expected = {"disk": 0.86, "bulge": 0.75, "bar": 0.35, "spiral": 0.56}
    for name, share in expected.items():
        assert found[name]["value"] == pytest.approx(share, abs=0.03)


def test_volunteers_agree_better_on_disks_than_on_bars(trees):
    """Presence goes beyond chance for bars; nearly all draw a disk."""
    counts = {
        name: [sum(m[name] is not None for m in t["models"]) for t in trees.values()]
        for name in ("disk", "bar")
    }
    totals = [len(t["models"]) for t in trees.values()]
    disk, bar = (agreement.presence_agreement(c, totals) for c in counts.values())
    assert disk["observed"] > bar["observed"]
    assert 0.05 < bar["alpha"] < 0.6


def _published(subject, tree):
    """Return model and aggregate of a published galaxy; of one estimate."""
    records = [{"dof": arm["n_lines"] - 1, "n_lines": arm["n_lines"]}
               for arm in tree["arms"]]  # fmt: skip
    arms = [_published_arm(arm) | {"crowd": i} for i, arm in enumerate(tree["arms"])]
    model = {"model": to_dict(published_aggregate(tree)), "arms": arms}
    return tuple(
        found | {"subject_id": subject} for found in (model, {"arms": records})
    )


def _published_arm(arm):
    """Return a published arm with an error in which a line counts once."""
    inflation = np.sqrt(arm["n_kept"] / arm["n_lines"])
    slope_error = np.sqrt(max(arm["sigma"][1][1], 1e-8)) * inflation
    error = np.rad2deg(slope_error / (1 + arm["coef"][1] ** 2))
    return {
        "chirality": arm["chirality"],
        "pitch_angle": abs(arm["pa"]),
        "pitch_angle_err": max(float(error), 0.5),
        "pitch_angle_crowd_err": max(float(error), 0.5),
    }
