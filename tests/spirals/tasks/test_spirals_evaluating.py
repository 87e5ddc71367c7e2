"""What maps and votes are worth, of networks, of baselines and of volunteers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.io.parquet import write_parquet
from skyloom.spirals.catalogue.galaxies import write_galaxies
from skyloom.spirals.config import Evaluate
from skyloom.spirals.dataset.images import Pictures
from skyloom.spirals.network.files import load_model
from skyloom.spirals.questions import columns
from skyloom.spirals.tasks.comparing import compared, joint_figure
from skyloom.spirals.tasks.drawing import figures
from skyloom.spirals.tasks.evaluating import Case, evaluate, overlaps
from skyloom.spirals.tasks.judging import baselines, judge, scores, vote_scores
from skyloom.spirals.tasks.looking import look, read_packs

HOW = Evaluate(thresholds=(1.0, 3.0), draws=20)
WHICH = {"heads": "joint", "masks": "all", "repeat": "2"}


@pytest.fixture
def files(survey):
    """Return what evaluations read, without tables that a run may lack."""
    measures = survey.table[["name", "ra", "dec", "redshift", "pixscale"]]
    measures = measures.assign(reason="", bar_reason="")
    write_parquet(survey.folder / "measures.parquet", measures, {})
    nothing = {"truth": [], "baselines": [], "bars": []}
    return survey.files | nothing | {"measures": [survey.folder / "measures.parquet"]}


@pytest.fixture
def seen(survey):
    """Return what the network says of all galaxies, and what volunteers did."""
    pictures = Pictures(survey.table, read_packs(survey.files))
    return look(load_model(survey.files["model"]), pictures, range(len(survey.table)))


def test_shares_of_volunteers(survey, seen):
    """Of those that were asked; nobody is no share, and a blank drawing counts."""
    assert np.isnan(seen.shares[9, 1]).all()
    assert np.nanmax(seen.shares[0, 1]) == pytest.approx(5 / 6, abs=0.01)
    assert seen.mean.shape == seen.std.shape == (20, 2, 32, 32)


def test_perfect_maps_score_1(seen):
    """The volunteers' own shares, at every threshold; NaN where nobody was asked."""
    found = scores(np.nan_to_num(seen.shares), seen, (1.0, 3.0))
    assert found["bar"][:9].to_numpy() == pytest.approx(np.ones(9))
    assert found["spiral_at_3"].to_numpy() == pytest.approx(np.ones(20))
    assert np.isnan(found["bar"][9])
    blank = scores(np.zeros_like(seen.mean), seen, (1.0,))
    assert (blank["spiral"] == 0).all()
    none = scores(np.full_like(seen.mean, np.nan), seen, (1.0,))
    assert none["spiral"].isna().all()


def test_likelihood_of_votes(seen):
    """Per vote; NaN of galaxies without votes."""
    value = vote_scores(seen)
    assert (value < 0).all()
    seen.votes[3] = 0
    assert np.isnan(vote_scores(seen)[3])


def test_a_network_is_judged_on_test_galaxies(survey):
    """A row each, and which training it is."""
    found = judge(survey.files, WHICH, (1.0, 3.0))
    test = survey.table[survey.table["part"] == "test"]
    assert found["galaxy"].tolist() == test["name"].tolist()
    assert found["masks"].unique().tolist() == [12]
    assert found["repeat"].unique().tolist() == [2]
    few = judge(survey.files, WHICH | {"masks": "5"}, (1.0,))
    assert few["masks"].unique().tolist() == [5]


def test_baselines_learn_where_marks_are(survey):
    """The mean of training masks is nearly right, as all galaxies are alike here."""
    which = ["mean_mask", "disk_ellipse"]
    found = baselines(survey.files, which, 32, 0.8, (1.0,))
    assert found["method"].value_counts().to_dict() == dict.fromkeys(which, 4)
    mean = found.groupby("method")["spiral"].mean()
    assert mean["mean_mask"] > 0.4
    blank = found[found["galaxy"] == survey.table["name"][9]]
    assert blank["bar"].isna().all()


def test_galaxies_that_trained_are_not_judged(survey, tmp_path):
    """Nor is there a case without others."""
    case = Case(survey.files)
    assert case.table["part"].isin(["validate", "test"]).all()
    assert [len(votes) for votes in case.trained.values()] == [12]
    alone = survey.table[survey.table["part"] == "train"]
    write_galaxies(tmp_path / "g.parquet", alone, {})
    with pytest.raises(ValueError, match="those of the run have trained it"):
        Case(survey.files | {"galaxies": str(tmp_path / "g.parquet")})


def test_volunteers_beside_the_map(survey):
    """Leave-one-out and halves, where somebody was asked."""
    table = overlaps(Case(survey.files), (1.0,))
    row = table.set_index("galaxy").loc["galaxy04"]
    assert 0.2 < row["bar_volunteers"] < 0.9
    assert 0.2 < row["bar_halves"] < 0.9
    assert 0 <= row["bar_map"] < 0.6
    none = table.set_index("galaxy").loc["galaxy09"]
    assert np.isnan(none["bar_volunteers"])
    assert none["spiral_volunteers"] > 0.2


def test_a_report(survey, files, tmp_path):
    """Maps by source and kind, votes, gains over the volunteers and over baselines."""
    table = baselines(survey.files, ["mean_mask"], 32, 0.8, HOW.thresholds)
    write_parquet(tmp_path / "b.parquet", table, {})
    report, shown = evaluate(files | {"baselines": [tmp_path / "b.parquet"]}, HOW, 1)
    assert report["galaxies"] == {"simulated": 8}
    bar = report["maps"]["simulated"]["bar"]
    assert bar["bar"]["n"] == 6  # of 8, two were not asked
    assert {"bar_volunteers", "bar_halves", "bar_pairs", "mean_mask"} <= bar.keys()
    assert bar["gains"]["mean_mask"]["value"] < 0 > bar["gains"]["volunteers"]["value"]
    votes = report["votes"]["simulated"]
    assert (votes["votes"], votes["galaxies"]) == ("counts of volunteers", 8)
    assert list(votes["questions"]) == ["bar"]
    assert report["measures"] == report["real_bars"] == {}
    drawn = figures(report, shown, 1)
    assert set(drawn) == {"gallery", "overlap", "recovery", "votes"}
    assert "no simulated galaxy" in drawn["recovery"].texts[0].get_text()


def test_sources_and_kinds_of_votes_are_apart(survey, files, tmp_path):
    """One answer each is no count of volunteers."""
    table = survey.table.copy()
    table.loc[4, columns()] = 0
    table.loc[4, "bar-dr5_no"] = 1
    table.loc[8, "source"] = "pictures"
    write_galaxies(tmp_path / "g.parquet", table, {})
    report, _ = evaluate(files | {"galaxies": str(tmp_path / "g.parquet")}, HOW, 1)
    votes = report["votes"]
    assert {k: v["galaxies"] for k, v in votes.items()} == {
        "pictures": 1,
        "simulated": 6,
        "simulated_single": 1,
    }
    assert votes["simulated_single"]["votes"] == "one answer a galaxy"
    assert set(report["maps"]) == {"pictures", "simulated"}


def test_measures_beside_the_truth(survey, files, tmp_path):
    """Of galaxies that did not train."""
    true = survey.table[["name"]].assign(bar_length_true=10.0, winding_true="Z")
    write_parquet(tmp_path / "t.parquet", true, {})
    ours = pd.read_parquet(files["measures"][0]).assign(winding="Z")
    ours = ours.assign(bar_length=11.0, bar_length_err=1.0)
    write_parquet(tmp_path / "m.parquet", ours, {})
    given = {"truth": [tmp_path / "t.parquet"], "measures": [tmp_path / "m.parquet"]}
    report, shown = evaluate(files | given, HOW, 1)
    length = report["measures"]["bar_length"]
    assert (length["true"], length["bias"]) == (8, pytest.approx(0.1))
    assert report["measures"]["winding"]["value"] == 1
    assert len(shown["measures"]) == 8


def test_the_joint_question():
    """Better, worse or not shown, of paired trainings; those without votes are out."""
    draw, rows = np.random.default_rng(0), []
    hard = draw.normal(0, 0.1, 40)
    for heads, plus in (("joint", 0.05), ("segmentation", 0.0)):
        for repeat in range(5):
            own = 0.5 + plus + hard + draw.normal(0, 0.01, 40)
            part = {"heads": heads, "masks": 100, "repeat": repeat, "votes": np.nan}
            part |= {"galaxy": [f"g{i}" for i in range(40)], "spiral": own, "bar": own}
            rows.append(pd.DataFrame(part | {"spiral_most": 0.8, "bar_most": 0.1}))
    trained = pd.concat(rows, ignore_index=True)
    others = rows[0].drop(columns=["heads", "masks", "repeat", "votes"])
    others = others.assign(method="mean_mask", spiral=0.2)
    report, table, curves = compared(trained, others, 100, 1)
    assert set(curves) == {"spiral"}  # of bars, no 3 of 15 agreed on any
    (row,) = report["differences"]
    assert row["of"] == "joint - segmentation"
    assert row["low"] < 0.05 < row["high"]
    assert "better" in report["verdict"]["joint and segmentation"]
    assert table["measure"].unique().tolist() == ["spiral"]
    mean = table[table["heads"] == "mean_mask"]
    assert mean[["masks", "value"]].to_numpy().tolist() == [[100, pytest.approx(0.2)]]
    assert joint_figure(report, curves).axes
