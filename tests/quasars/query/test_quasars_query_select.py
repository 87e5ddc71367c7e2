"""From results to the list of targets to inspect."""

import numpy as np
import pandas as pd
import pytest
from skyloom.io.tables import write_csv
from skyloom.quasars.config import Query
from skyloom.quasars.query import published, select
from small_quasars import STRATEGIES


def results(n=400, n_targets=200, random=0):
    rng = np.random.default_rng(random)
    votes = rng.multinomial(20, [0.4, 0.3, 0.3], n) / 20
    columns = {
        "TARGETID": rng.integers(1, n_targets, n),
        "TILEID": rng.integers(1, 4, n),
        "EXPID": np.arange(n),
        **dict(zip(("C_NOT", "C_QSO_LZ", "C_QSO_HZ"), votes.T, strict=True)),
        "BMU": rng.integers(0, 20, n),
        "Z": rng.uniform(0, 4, n),
        "C_BEST": rng.random(n),
        "BALD": rng.random(n),
        "DEAD_ARMS": np.where(rng.random(n) < 0.03, 2, 0),
        "SN": rng.uniform(0.1, 9, n),
    }
    columns |= {f"C_{k}": rng.random(n) for k in ("LYA", "CIV")}
    columns |= {f"C_SD_{k}": rng.random(n) / 3 for k in ("LYA", "CIV")}
    return pd.DataFrame(columns)


def asked(table, query, random=1, **kwargs):
    return select.select(table, query, np.random.default_rng(random), **kwargs)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_asks_about_new_targets_once(strategy):
    """As many as wanted, whole, unlabelled, each once, with a reason."""
    table, labelled = results(), range(1, 60)
    found = asked(table, Query(strategy=strategy, n=25), labelled=labelled)
    assert found.table["TARGETID"].is_unique
    assert found.table["RANK"].tolist() == list(range(1, 26))
    assert not found.table["TARGETID"].isin(labelled).any()
    assert not found.table["TARGETID"].isin(published.dead_everywhere(table)).any()
    assert found.table["REASON"].str.len().min() > 0
    assert found.counts["rows"] == 400
    assert found.counts["chosen"] == 25
    assert {"C_LYA", "C_CIV", "BMU", "SN"} <= set(found.table)


@pytest.mark.parametrize("strategy", STRATEGIES[1:])
def test_the_order_of_rows_changes_nothing(strategy):
    """Ties are drawn for sorted targets."""
    table = results()
    shuffled = table.sample(frac=1, random_state=3)
    first = asked(table, Query(strategy=strategy, n=30)).table
    second = asked(shuffled, Query(strategy=strategy, n=30)).table
    pd.testing.assert_frame_equal(first, second)


def test_entropy_is_the_seeds_list():
    """Target for target, in its order, with its percentile."""
    table = results()
    found = asked(table, Query(strategy="entropy", n=40), labelled=[7, 8]).table
    expected = published.steps(table, 40, [7, 8]).chosen
    assert found["TARGETID"].tolist() == expected["TARGETID"].tolist()
    assert found["EXPID"].tolist() == expected["EXPID"].tolist()


def test_rows_without_votes_are_left_out():
    """NaN votes, of an empty spectrum, are not the highest score."""
    table = results()
    table.loc[:9, ["C_NOT", "C_QSO_LZ", "C_QSO_HZ", "BALD"]] = np.nan
    for strategy in STRATEGIES:
        found = asked(table, Query(strategy=strategy, n=10))
        assert found.counts["with votes"] == 390
        assert not found.table["EXPID"].isin(range(10)).any()


def test_a_target_is_judged_by_the_mean_of_its_exposures():
    """One bad night of many does not make a target interesting."""
    table = results(6).assign(TARGETID=[1, 1, 1, 2, 2, 2], DEAD_ARMS=0, TILEID=1)
    table["BALD"] = [0.9, 0.0, 0.0, 0.5, 0.5, 0.5]
    table["SN"] = [1.0, 5.0, 2.0, 1.0, 2.0, 3.0]
    found = asked(table, Query(strategy="bald", n=2)).table
    assert found["TARGETID"].tolist() == [2, 1]
    assert found["SCORE"].tolist() == [0.5, pytest.approx(0.3)]
    assert found["EXPID"].tolist() == [5, 1]  # of the best signal
    assert found["N_EXP"].tolist() == [3, 3]


def test_another_exposure_stands_in_for_a_dead_one():
    """The seed's rule is by target; the others' is by exposure."""
    table = results(2).assign(TARGETID=1, DEAD_ARMS=[4, 0], SN=[9.0, 1.0])
    assert asked(table, Query(strategy="bald", n=1)).table["EXPID"].tolist() == [1]


def test_sky_is_asked_about_by_the_seed_only():
    """Negative numbers are of the sky."""
    table = results(3).assign(TARGETID=[-3, 4, 5], DEAD_ARMS=0, BMU=[0, 0, 1])
    assert (
        -3 not in asked(table, Query(strategy="margin", n=3)).table["TARGETID"].tolist()
    )
    assert -3 in asked(table, Query(strategy="entropy", n=3)).table["TARGETID"].tolist()


def test_rare_units_are_kept():
    """Only the seed throws them away."""
    table = results().assign(DEAD_ARMS=0)
    table.loc[0, ["TARGETID", "BMU", "BALD"]] = [999, 20, 9.0]
    assert asked(table, Query(strategy="bald", n=1)).table["TARGETID"].tolist() == [999]
    assert (
        999
        not in asked(table, Query(strategy="entropy", n=400)).table["TARGETID"].tolist()
    )


def test_audit_is_by_lot_with_its_probability():
    """A share of the query, drawn from all candidates."""
    found = asked(results(), Query(strategy="bald", n=40, audit=0.25))
    drawn = found.table[found.table["STRATEGY"] == "audit"]
    assert len(drawn) == 10
    assert np.allclose(drawn["PROBABILITY"], 10 / found.counts["targets"])
    rest = found.table[found.table["STRATEGY"] == "bald"]
    assert rest["PROBABILITY"].isna().all()
    assert rest["SCORE"].notna().all()


@pytest.mark.parametrize(("n", "audit", "drawn"), [(5, 0.3, 2), (5, 0.29, 1)])
def test_audit_is_rounded(n, audit, drawn):
    """To the nearest number of targets, with any strategy."""
    for strategy in ("bald", "k_centre", "som_quota", "entropy"):
        query = Query(strategy=strategy, n=n, audit=audit)
        table = asked(results(), query, labelled=range(1, 9)).table
        assert (table["STRATEGY"] == "audit").sum() == drawn
        assert table["TARGETID"].is_unique
        assert len(table) == n


def test_k_centre_keeps_away_from_labelled_targets():
    """Of two equal doubts the one unlike what is known, whichever comes first."""
    for near in (0, 1):
        table = results(3).assign(TARGETID=[1, 2, 3], DEAD_ARMS=0, BALD=0.5)
        for name in table.columns[table.columns.str.startswith("C_")]:
            table[name] = 0.5
        table.loc[[near, 2], "C_LYA"] = [0.9, 0.9]
        query = Query(strategy="k_centre", n=1)
        for random in range(5):
            found = asked(table, query, random, labelled=[3]).table
            assert found["TARGETID"].tolist() == [2 - near]


def test_a_random_query_is_all_audit():
    """Its probability is that of the whole query."""
    found = asked(results(), Query(strategy="random", n=40, audit=0.25))
    assert np.allclose(found.table["PROBABILITY"], 40 / found.counts["targets"])


def test_fewer_targets_than_wanted():
    """All that are left, and none is an error."""
    table = results(5).assign(TARGETID=range(1, 6), DEAD_ARMS=0)
    assert len(asked(table, Query(strategy="margin", n=50)).table) == 5
    with pytest.raises(ValueError, match=r"nothing left .*'new': 0"):
        asked(table, Query(strategy="margin", n=50), labelled=range(9))
    with pytest.raises(ValueError, match="nothing left"):
        asked(table.assign(C_NOT=np.nan), Query(strategy="entropy", n=50))


@pytest.mark.parametrize(
    "name", ["TARGETID", "TILEID", "EXPID", "BMU", "DEAD_ARMS", "SN", "C_NOT"]
)
def test_missing_columns_are_named(name):
    """By name."""
    with pytest.raises(ValueError, match=f"no column .*{name}"):
        asked(results().drop(columns=name), Query(strategy="margin", n=5))


@pytest.mark.parametrize("lost", [["C_SD_LYA"], ["C_LYA", "C_CIV"]])
def test_k_centre_needs_lines(lost):
    """A confidence without its scatter, or none."""
    with pytest.raises(ValueError, match="results have no column"):
        asked(results().drop(columns=lost), Query(strategy="k_centre", n=5))


def test_files(tmp_path):
    """One TARGETID a line, and a table that reads back."""
    found = asked(results(), Query(strategy="bald", n=3)).table
    select.write_selection(tmp_path / "targetid_selection.txt", found)
    write_csv(tmp_path / "query.csv", found)
    lines = (tmp_path / "targetid_selection.txt").read_text().splitlines()
    assert [int(line) for line in lines] == found["TARGETID"].tolist()
    back = pd.read_csv(tmp_path / "query.csv")
    assert back["TARGETID"].tolist() == found["TARGETID"].tolist()
    assert list(back) == list(found)
