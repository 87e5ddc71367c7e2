"""The question tree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from skyloom.io.errors import InputError
from skyloom.spirals.questions import (
    PATH,
    asked,
    columns,
    expected_shares,
    question,
    questions,
    read_questions,
)

ANSWERS = [3, 2, 2, 3, 5, 3, 3, 3, 6, 4]  # of the questions of DR5, in order


def test_the_tree_is_that_of_decals():
    """Walmsley et al. 2022, figure 4: 10 questions of 34 answers, in DR5's order."""
    assert [len(one.answers) for one in questions()] == ANSWERS
    assert len(columns()) == 34
    assert [one.first for one in questions()] == list(np.cumsum([0, *ANSWERS])[:-1])
    assert columns()[:3] == [
        "smooth-or-featured-dr5_smooth",
        "smooth-or-featured-dr5_featured-or-disk",
        "smooth-or-featured-dr5_artifact",
    ]
    for one in questions():
        assert tuple(columns()[one.columns]) == one.names
    parents = {
        one.name: None if one.after is None else columns()[one.after]
        for one in questions()
    }
    assert parents == {
        "smooth-or-featured": None,
        "disk-edge-on": "smooth-or-featured-dr5_featured-or-disk",
        "has-spiral-arms": "disk-edge-on-dr5_no",
        "bar": "disk-edge-on-dr5_no",
        "bulge-size": "disk-edge-on-dr5_no",
        "how-rounded": "smooth-or-featured-dr5_smooth",
        "edge-on-bulge": "disk-edge-on-dr5_yes",
        "spiral-winding": "has-spiral-arms-dr5_yes",
        "spiral-arm-count": "has-spiral-arms-dr5_yes",
        "merging": None,
    }


def test_questions_are_asked_along_their_branch():
    """Arms are asked of the share that is featured and not edge-on."""
    shares = np.zeros((2, 34))
    shares[0, columns().index("smooth-or-featured-dr5_featured-or-disk")] = 0.8
    shares[0, columns().index("smooth-or-featured-dr5_smooth")] = 0.2
    shares[0, columns().index("disk-edge-on-dr5_no")] = 0.5
    shares[0, columns().index("has-spiral-arms-dr5_yes")] = 0.25
    names = [one.name for one in questions()]
    found = dict(zip(names, asked(shares)[0], strict=True))
    assert found["smooth-or-featured"] == found["merging"] == 1
    assert found["disk-edge-on"] == pytest.approx(0.8)
    assert found["how-rounded"] == pytest.approx(0.2)
    assert found["bar"] == pytest.approx(0.4)
    assert found["spiral-winding"] == pytest.approx(0.1)
    assert found["edge-on-bulge"] == 0
    assert list(asked(shares)[1]) == [1, *[0] * 8, 1]


def test_a_question_has_a_name():
    assert question("bar").answers == ("strong", "weak", "no")


def changed(tmp_path, old, new):
    path = tmp_path / "questions.csv"
    content = PATH.read_text()
    assert old in content
    path.write_text(content.replace(old, new))
    return path


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("bar,weak,disk-edge-on,no", "bar,weak,disk-edge-on,maybe", 10),
        ("bar,weak,disk-edge-on,no", "bar,weak,,", 10),
        ("bar,weak,disk-edge-on,no", "bar,weak,merging,none", 10),
        ("bar,weak,disk-edge-on,no", "bar,strong,disk-edge-on,no", 10),
        ("merging,none,,", "bar,none,disk-edge-on,no", 32),
        ("merging,none,,", "merging,none,merging,merger", 32),
    ],
)
def test_a_tree_that_is_none_is_refused(tmp_path, old, new, row):
    """With its row."""
    path = changed(tmp_path, old, new)
    with pytest.raises(InputError, match=f"row {row}: got"):
        read_questions(path)


def test_a_tree_without_questions_is_refused(tmp_path):
    """A header alone."""
    path = tmp_path / "a.csv"
    path.write_text(PATH.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match="no rows; expected a row an answer"):
        read_questions(path)


def test_another_tree_is_read(tmp_path):
    """The table is data: two answers are fine."""
    path = changed(tmp_path, "bar,weak,disk-edge-on,no\n", "")
    assert read_questions(path)[3].answers == ("strong", "no")
    assert read_questions(path)[-1].columns == slice(29, 33)


def test_shares_are_those_of_the_dirichlet():
    a = np.random.default_rng(1).random((2, 34)) * 5 + 0.1
    found, std = expected_shares(a)
    for one in questions():
        own = stats.dirichlet(a[0, one.columns])
        assert found[0, one.columns] == pytest.approx(own.mean())
        assert std[0, one.columns] ** 2 == pytest.approx(own.var())
