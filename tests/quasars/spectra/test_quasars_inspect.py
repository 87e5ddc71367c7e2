"""Several inspectors: kappa against known values, conflicts, and one truth."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from skyloom.io.errors import InputError
from skyloom.quasars.spectra.inspect import agreement, conflicts, merge, read_answers
from skyloom.quasars.spectra.truth import match, read_truth, write_truth

HEAD = "TARGETID,VI_Z,VI_QUALITY,VI_CLASS,VI_BY"


def answers(*rows):
    return pd.DataFrame(rows, columns=HEAD.split(","))


def said(**by):
    """Return answers from one string of class letters an inspector; '-' is none."""
    names = {"Q": "QSO", "S": "STAR", "G": "GALAXY", "?": ""}
    return answers(
        *(
            (i, 1.0, 4.0, names[letter], who)
            for who, letters in by.items()
            for i, letter in enumerate(letters)
            if letter != "-"
        )
    )


def text(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_answers_of_several_files(tmp_path):
    """Sorted by target and inspector; words in any case."""
    one = text(tmp_path / "a.csv", HEAD, "7,2.1,4,qso,A", "5,,0,,A")
    two = text(tmp_path / "b.csv", HEAD, "7,2.2,3,Galaxy,B", "6,0,4,WD,B")
    found = read_answers([one, two])
    assert found["TARGETID"].tolist() == [5, 6, 7, 7]
    assert found["VI_CLASS"].tolist() == ["", "STAR", "QSO", "GALAXY"]
    assert found["VI_BY"].tolist() == ["A", "B", "A", "B"]


BAD = {
    "no VI_BY": (["TARGETID,VI_Z,VI_QUALITY,VI_CLASS", "1,2,4,QSO"], "VI_BY"),
    "no TARGETID": (["VI_Z,VI_QUALITY,VI_CLASS,VI_BY", "2,4,QSO,A"], "TARGETID"),
    "nobody": ([HEAD, "1,2,4,QSO,"], "empty cell"),
    "class": ([HEAD, "1,2,4,AGN,A"], "row 2, column 'VI_CLASS': got 'AGN'"),
    "quality": ([HEAD, "1,2,9,QSO,A"], "expected 0 to 4"),
    "redshift": ([HEAD, "1,21,4,QSO,A"], "got 21.0"),
    "twice": ([HEAD, "1,2,4,QSO,A", "1,2,4,QSO,A"], "'A' answers for target 1 twice"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_answers_are_refused(tmp_path, case):
    """Each message names the file."""
    lines, problem = BAD[case]
    with pytest.raises(InputError, match=rf"a\.csv.*{problem}"):
        read_answers([text(tmp_path / "a.csv", *lines)])


def test_no_file_is_refused():
    """Somebody must have looked."""
    with pytest.raises(ValueError, match="No objects"):
        read_answers([])


def test_cohen_s_textbook_example():
    """20 both yes, 15 both no, 5 and 10 apart: κ = 0.4."""
    a = "Q" * 25 + "S" * 25
    b = "Q" * 20 + "S" * 5 + "Q" * 10 + "S" * 15
    pair, every = agreement(said(A=a, B=b)).to_dict("records")
    assert (pair["first"], pair["second"], pair["targets"]) == ("A", "B", 50)
    assert pair["agreed"] == pytest.approx(0.7)
    assert pair["kappa"] == pytest.approx(0.4)
    # Of two inspectors Fleiss' κ is Scott's π: chance from the pooled shares.
    chance = 0.55**2 + 0.45**2
    assert every["kappa"] == pytest.approx((0.7 - chance) / (1 - chance))


def test_cohen_s_kappa_as_scikit_learn_has_it():
    """On random answers of three inspectors with gaps, over the common targets."""
    rng = np.random.default_rng(3)
    by = {who: "".join(rng.choice(list("QSG?-"), 60)) for who in "ABC"}
    for pair in agreement(said(**by)).to_dict("records")[:-1]:
        both = zip(by[pair["first"]], by[pair["second"]], strict=True)
        one, two = zip(*(p for p in both if "-" not in p), strict=True)
        assert pair["targets"] == len(one)
        assert pair["kappa"] == pytest.approx(cohen_kappa_score(one, two))


def test_kappa_is_unknown_where_chance_explains_all():
    """One class only, no common target, one inspector: NaN, never a number."""
    for by in ({"A": "QQ", "B": "QQ"}, {"A": "Q-", "B": "-Q"}, {"A": "QS"}):
        assert agreement(said(**by))["kappa"].isna().all()


def test_perfect_agreement_is_1():
    """For every pair and for all."""
    assert agreement(said(A="QSG", B="QSG", C="QSG"))["kappa"].tolist() == [1, 1, 1, 1]


def test_conflicts_say_what_differs():
    """Class, redshift beyond 0.0033 (1 + z), quality by more than 1."""
    table = conflicts(
        answers(
            (1, 2.0, 4, "QSO", "A"),
            (1, 2.009, 3, "QSO", "B"),
            (2, 2.0, 4, "QSO", "A"),
            (2, 2.02, 4, "QSO", "B"),
            (3, 2.0, 4, "QSO", "A"),
            (3, 0.0, 4, "STAR", "B"),
            (4, 2.0, 4, "QSO", "A"),
            (4, 2.0, 2, "QSO", "B"),
            (5, 0.0, 4, "STAR", "A"),
            (5, 0.1, 4, "STAR", "B"),
        )
    )
    assert table["TARGETID"].tolist() == [2, 3, 4]
    kinds = table[["class", "redshift", "quality"]].to_numpy(bool)
    assert kinds.argmax(axis=1).tolist() == [1, 0, 2]
    assert (kinds.sum(axis=1) == 1).all()
    assert table["answers"][1] == "A: QSO z=2.0000 q=4; B: STAR z=0.0000 q=4"


def test_no_conflict_is_an_empty_table():
    """With its columns."""
    table = conflicts(said(A="Q", B="Q"))
    assert len(table) == 0
    assert "answers" in table


def row(table, targetid):
    return table.set_index("targetid").loc[targetid]


def test_merged_truth():
    """Majority, its median redshift, the mean quality, and who said it."""
    table = merge(
        answers(
            (1, 2.0, 4, "QSO", "A"),
            (1, 2.002, 3, "QSO", "B"),
            (1, 0.0, 2, "STAR", "C"),
            (2, 2.0, 4, "QSO", "A"),
            (2, 0.5, 4, "GALAXY", "B"),
            (3, 2.0, 4, "QSO", "A"),
            (3, 2.5, 4, "QSO", "B"),
            (4, np.nan, 4, "STAR", "A"),
            (5, 2.0, 2, "QSO", "A"),
            (5, 2.0, 2, "QSO", "B"),
            (6, np.nan, 0, "", "A"),
        )
    )
    one = row(table, 1)
    assert (one["klass"], one["z"], one["quality"]) == ("QSO", 2.001, 3.0)
    assert one["source"] == "A+B+C"
    assert table["confident"].tolist() == [True, False, False, True, False, False]
    assert table["klass"].tolist() == ["QSO", "", "QSO", "STAR", "QSO", ""]
    assert row(table, 4)["bal"] == -1


def test_a_decision_settles_a_conflict():
    """The merger's answer counts, and its provenance stays."""
    both = said(A="QS", B="GS")
    decided = merge(both, answers((0, 1.5, 3, "QSO", "merger")))
    one = row(decided, 0)
    assert (one["klass"], one["z"], one["confident"]) == ("QSO", 1.5, True)
    assert one["source"] == "A+B>merger"
    assert row(decided, 1)["source"] == "A+B"


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([(9, 1.0, 4, "QSO", "m")], r"never inspected: \[9\]"),
        ([(0, 1.0, 4, "QSO", "m"), (0, 1.0, 4, "QSO", "n")], r"twice: \[0\]"),
    ],
)
def test_decisions_that_cannot_be_are_refused(rows, match):
    """About nobody's target, or twice."""
    with pytest.raises(ValueError, match=match):
        merge(said(A="Q"), answers(*rows))


def test_merged_truth_is_a_truth(tmp_path):
    """It is written, read and matched like any other."""
    table = merge(said(A="QSG?", B="QSG?"))
    write_truth(tmp_path / "a.csv", table)
    again = read_truth(tmp_path / "a.csv")
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    assert match(pd.DataFrame({"targetid": [2, 0]}), again)["klass"].tolist() == [
        "GALAXY",
        "QSO",
    ]


@pytest.mark.parametrize("far", [(1.0, 3.0), (1.0, 0.5), (3.0, 4.0)])
def test_far_off_answers_agree_on_neither_side(far):
    """Of three redshifts apart, below or above, none is that of more than half."""

    def merged(*z):
        rows = zip(z, "ABC", strict=True)
        return merge(answers(*((1, each, 4, "QSO", who) for each, who in rows)))

    assert not merged(2.0, *far)["confident"].item()
    near = merged(2.0, 2.0, far[0])
    assert near["confident"].item()
    assert near["z"].item() == 2.0


@pytest.mark.parametrize(("gap", "agree"), [(0.0098, True), (0.0101, False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_redshifts_agree_to_their_threshold(gap, agree, sign):
    """0.0033 (1 + z) about the middle of all, on both sides."""
    four = [(1, 2.0, 4, "QSO", "A"), (1, 2.0, 4, "QSO", "B")]
    four += [(1, 2.0 + sign * gap, 4, "QSO", "C"), (1, 9.0, 4, "STAR", "D")]
    assert merge(answers(*four))["confident"].item() == agree
    two = answers((1, 2.0, 4, "QSO", "A"), (1, 2.0 + sign * gap, 4, "QSO", "B"))
    assert len(conflicts(two)) == (not agree)


@pytest.mark.parametrize(("first", "sure"), [(3, True), (2.9, False)])
def test_quality_is_enough_from_its_threshold_on(first, sure):
    """A mean of 2.5; qualities apart by exactly 1 are no conflict, by more they are."""
    both = answers((1, 2.0, first, "QSO", "A"), (1, 2.0, 2, "QSO", "B"))
    assert merge(both)["confident"].item() == sure
    assert conflicts(both).empty
    apart = answers((1, 2.0, 3.1, "QSO", "A"), (1, 2.0, 2, "QSO", "B"))
    assert conflicts(apart)["quality"].item()


def test_half_of_the_inspectors_is_no_majority():
    """Two of four name no class; three of four do, if they agree on the redshift."""
    four = [(1, 2.0, 4, "QSO", "A"), (1, 2.0, 4, "QSO", "B")]
    four += [(1, 0.5, 4, "GALAXY", "C"), (1, 0.5, 4, "STAR", "D")]
    assert merge(answers(*four))["klass"].item() == ""
    four[2] = (1, 2.5, 4, "QSO", "C")
    merged = merge(answers(*four))
    assert (merged["klass"].item(), merged["confident"].item()) == ("QSO", False)
