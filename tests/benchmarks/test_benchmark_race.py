"""Which question to ask: strategies against labels drawn by lot, at equal labels.

It takes hours: `SKYLOOM_SEEDS=1,2,3,4,5,6,7,8 make bench` is the race of the README.
"""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from race import ARCH, BASELINE, TRAIN, Size, gains, race
from small_quasars import STRATEGIES

pytestmark = pytest.mark.benchmark
SEEDS = [int(seed) for seed in os.environ.get("SKYLOOM_SEEDS", "").split(",") if seed]
SMALL = Size(pool=150, test=60, start=16, asked=6, steps=2, members=2)


def test_a_small_race_is_fair():
    """All start from one ensemble and learn from as many labels; twice the same."""
    net = replace(ARCH, filters=8, dense=16)
    quick = TRAIN.model_copy(update={"epochs": 2, "batch": 16})
    table = race(900, SMALL, net, quick)
    first = table.groupby("strategy").first().drop_duplicates()
    assert len(first) == 1
    labels = table.groupby("strategy")["n_labels"].agg(list)
    assert sorted(labels.index) == sorted(STRATEGIES)
    assert all(one == [16, 22, 28] for one in labels)
    assert table["score"].between(0, 1, inclusive="right").all()
    assert table.equals(race(900, SMALL, net, quick))


def test_gains_are_paired_by_seed():
    """A gain that the luck of seeds would hide; the start does not count."""
    rng = np.random.default_rng(3)
    rows = [
        (name, seed, n, luck + (n > 100) * (slope + rng.normal(0, 0.002)))
        for seed, luck in enumerate(rng.normal(0, 0.1, 6))
        for name, slope in (("bald", 0.05), ("dull", 0.0), (BASELINE, 0.0))
        for n in (100, 200, 300)
    ]
    runs = pd.DataFrame(rows, columns=["strategy", "seed", "n_labels", "score"])
    found = gains(runs)
    assert found.loc["bald", "low"] < 0.05 < found.loc["bald", "high"]
    assert found.loc["bald", "high"] - found.loc["bald", "low"] < 0.01
    assert found.loc["bald", "wins"] == 6
    assert found.loc["bald", "p"] < 0.001
    assert found.loc["dull", "p"] > 0.05


@pytest.mark.skipif(len(SEEDS) < 2, reason="SKYLOOM_SEEDS names no two worlds")
def test_questions_beat_the_lot(capsys):
    """As README says of eight worlds: the best strategy gains, beyond its interval."""
    found = gains(pd.concat([race(seed, Size()) for seed in SEEDS]))
    with capsys.disabled():
        print(f"\n{found.to_string()}")
    assert found["low"].max() > 0
