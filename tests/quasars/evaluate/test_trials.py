"""Learning curves in a simulated world."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from skyloom.quasars.evaluate import learning, trials
from skyloom.quasars.evaluate.trials import ARCH, TARGETS, TRAIN, TrialSettings
from skyloom.quasars.query.strategies import STRATEGIES
from skyloom.quasars.simulation.settings import Settings

SEED = 900
SMALL = TrialSettings(pool=150, test=60, start=16, asked=6, steps=2, members=2)
NET = replace(ARCH, filters=8, dense=16)
QUICK = replace(TRAIN, epochs=2, batch=16)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Other tests may have other threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def world():
    """Return a small world."""
    return trials.simulate_world(SEED, SMALL, TARGETS, NET.grid)


@pytest.fixture(scope="module")
def table():
    """Return the curves of all strategies in it."""
    return trials.run_trial(SEED, SMALL, TARGETS, NET, QUICK)


def test_all_strategies_start_from_one_ensemble(table):
    """The first row of each strategy is the same but for its name."""
    first = table.groupby("strategy").first().drop_duplicates()
    assert len(first) == 1
    assert first["n_labels"].iloc[0] == SMALL.start
    assert set(table["strategy"]) == set(STRATEGIES)


def test_curves_go_where_they_are_judged(table):
    """The same labels for all, and columns that `learning` takes."""
    labels = table.groupby("strategy")["n_labels"].agg(list)
    assert labels.tolist() == [[16, 22, 28]] * len(STRATEGIES)
    assert (table["confident"] <= table["n_labels"]).all()
    assert (table["quasars"] <= table["confident"]).all()
    assert table["score"].between(0, 1, inclusive="right").all()
    assert table[["completeness", "outliers"]].stack().between(0, 1).all()
    assert len(learning.gains(table)) == len(STRATEGIES) - 1


def test_same_seed_same_table(table):
    """To the last digit, whatever strategies are beside it; another seed, another."""
    some = replace(SMALL, strategies=("random", "bald"))
    again = trials.run_trial(SEED, some, TARGETS, NET, QUICK)
    for name, part in again.groupby("strategy"):
        before = table[table["strategy"] == name].reset_index(drop=True)
        assert part.reset_index(drop=True).equals(before)
    short = replace(SMALL, strategies=("random",), steps=1)
    other = trials.run_trial(SEED + 1, short, TARGETS, NET, QUICK)
    assert other["score"].iloc[0] != table["score"].iloc[0]


def test_labels_are_new_and_of_the_pool(world, monkeypatch):
    """None twice, none of the test; each network sees as many as there are."""
    seen = []

    def noted(members, data, arch, settings):
        seen.append([len(member.rows) for member in members])
        return train(members, data, arch, replace(settings, epochs=1))

    train = trials.train_members
    monkeypatch.setattr(trials, "train_members", noted)
    masks = {name: [] for name in STRATEGIES}
    for name, labelled, _ in trials.rounds(world, SEED, SMALL, NET, QUICK):
        masks[name].append(labelled)
    for before, middle, after in masks.values():
        assert [m.sum() for m in (before, middle, after)] == [16, 22, 28]
        assert not (before & ~middle).any()
        assert not (middle & ~after).any()
    assert not np.isin(world.pool[0]["targetid"], world.test[0]["targetid"]).any()
    assert world.pool[0]["targetid"].is_unique
    assert seen == [[16, 16]] + [[22, 22], [28, 28]] * len(STRATEGIES)


def test_doubtful_answers_weigh_nothing(world):
    """Inspectors are not sure of all, and what they are sure of is mostly right."""
    data, sure = trials._data(world, NET), world.said["confident"].to_numpy()
    assert 0 < sure.sum() < len(sure)
    assert np.array_equal(data.weight.max(axis=1) > 0, sure)
    assert (world.pool[0]["dead_arms"] == 0).all()


def test_labels_help():
    """In a world of bright quasars and stars, 180 labels beat 20."""
    bright = Settings(mix=(0.4, 0.0, 0.6, 0.0), magnitudes=(17.0, 19.5))
    settings = replace(SMALL, pool=250, test=150, start=20, asked=80)
    settings = replace(settings, strategies=("random",))
    train = replace(TRAIN, epochs=15, batch=32)
    table = trials.run_trial(SEED, settings, bright, replace(NET, filters=16), train)
    assert table["score"].iloc[-1] > table["score"].iloc[0] + 0.05
    assert table["score"].iloc[-1] > 0.8
    assert table["outliers"].iloc[-1] < table["outliers"].iloc[0]


def test_score_of_a_perfect_and_a_useless_ranking(world, monkeypatch):
    """1 with quasars first; all alike, the share of quasars."""
    truth = world.truth[world.truth["confident"]]
    is_qso = (truth["klass"] == "QSO").to_numpy()
    table = truth[["targetid", "z"]].set_axis(["TARGETID", "Z"], axis=1)
    table = table.assign(SN=1.0, C_BEST=is_qso * 0.9)
    monkeypatch.setattr(trials.survey, "classify", lambda *_: table)
    found = trials.scores(None, world)
    assert found == pytest.approx({"score": 1.0, "completeness": 1.0, "outliers": 0.0})
    table = table.assign(C_BEST=0.5, Z=table["Z"] + 0.1)
    found = trials.scores(None, world)
    assert found["score"] == pytest.approx(is_qso.mean())
    assert (found["completeness"], found["outliers"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"pool": 0}, "whole numbers of 1 or more"),
        ({"steps": 1.5}, "whole numbers of 1 or more"),
        ({"members": 1}, "2 members or more"),
        ({"pool": 27}, "no more labels than targets"),
        ({"strategies": ("bald",)}, "with 'random'"),
        ({"strategies": ("random", "random")}, "with 'random'"),
        ({"strategies": ("random", "oracle")}, "some of .* with 'random'"),
    ],
)
def test_settings_that_cannot_be(change, problem):
    """Refused before anything is simulated."""
    with pytest.raises(ValueError, match=problem):
        replace(SMALL, **change)


def test_too_small_a_pool_and_no_held_out_data(world):
    """Rounds that cannot be asked for, or trained."""
    many = replace(SMALL, asked=66)
    with pytest.raises(ValueError, match="to ask of"):
        list(trials.rounds(world, SEED, many, NET, QUICK))
    best = replace(QUICK, keep_best=True)
    with pytest.raises(ValueError, match="keep_best needs validation data"):
        next(trials.rounds(world, SEED, SMALL, NET, best))
