"""Tables of votes, whole and damaged."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from skyloom.io.errors import InputError
from skyloom.spirals.catalogue.answers import read_answers
from skyloom.spirals.catalogue.votes import read_votes
from skyloom.spirals.questions import columns, question, questions


def votes(n: int = 3) -> pd.DataFrame:
    """Return counts of n galaxies that fit the tree."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"dr8_id": [f"1_{i}" for i in range(n)]})
    counts = np.zeros((n, len(columns())), np.int64)
    for one in questions():
        total = np.full(n, 40) if one.after is None else counts[:, one.after]
        shares = np.full(len(one.answers), 1 / len(one.answers))
        counts[:, one.columns] = rng.multinomial(total, shares)
    return pd.concat([table, pd.DataFrame(counts, columns=columns())], axis=1)


def write(path: Path, table: pd.DataFrame) -> Path:
    """Write a table in the format of its name."""
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".fits":
        Table.from_pandas(table).write(path)
    else:
        table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "fits", "parquet"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    """The same counts from any format."""
    table = votes()
    found, counts = read_votes([write(tmp_path / f"a.{suffix}", table)])
    assert found.dtypes.unique() == [np.int32]
    assert list(found.columns) == columns()
    assert list(found.index) == ["1_0", "1_1", "1_2"]
    assert np.array_equal(found.to_numpy(), table[columns()].to_numpy())
    assert counts["galaxies"] == counts["smooth-or-featured"] == 3
    assert counts["more_than_parent"] == {}


def test_names_without_the_survey(tmp_path: Path) -> None:
    """Columns such as bar_strong, by name, and other columns beside them."""
    table = votes().rename(columns=lambda c: c.replace("-dr5", ""))
    table = table.rename(columns={"dr8_id": "Name"}).assign(bar_strong_fraction=0.3)
    found, _ = read_votes([write(tmp_path / "a.csv", table)])
    assert np.array_equal(found.to_numpy(), table.iloc[:, 1:-1].to_numpy())


def test_tables_are_joined(tmp_path: Path) -> None:
    """Galaxies of several tables; a question that one has not is 0."""
    one, two = votes(5).iloc[:3], votes(5).iloc[3:]
    names = question("bar").names
    two = two.drop(columns=list(names))
    paths = [write(tmp_path / f"{n}.csv", t) for n, t in (("a", one), ("b", two))]
    found, counts = read_votes(paths)
    assert len(found) == 5
    assert (found.loc["1_3", list(names)] == 0).all()
    assert counts["bar"] == (one[list(names)].sum(axis=1) > 0).sum()


def test_other_campaigns_are_left_out(tmp_path: Path, caplog) -> None:
    """Votes of another survey are not mixed in, and that is said."""
    table = votes().assign(**{"bar-dr8_strong": 7, "bar-dr12_no": 9})
    found, _ = read_votes([write(tmp_path / "a.csv", table)])
    assert np.array_equal(found.to_numpy(), votes()[columns()].to_numpy())
    assert "2 columns of other campaigns are left out" in caplog.text


def test_not_asked_is_empty_or_0(tmp_path: Path) -> None:
    """A question without any number was not asked."""
    table = votes().astype(dict.fromkeys(columns(), float))
    table.loc[1, list(question("merging").names)] = np.nan
    found, counts = read_votes([write(tmp_path / "a.csv", table)])
    assert (found.iloc[1][list(question("merging").names)] == 0).all()
    assert counts["merging"] == 2


def test_earlier_forms_are_not_counted(tmp_path: Path, caplog) -> None:
    """Where another set of answers was offered, this one's are no votes."""
    table = votes().rename(columns=lambda c: c.replace("-dr5", ""))
    table["merging_neither-v1"] = [0, 30, 0]
    found, counts = read_votes([write(tmp_path / "a.csv", table)])
    assert counts["merging"] == 2
    assert (found.iloc[1][list(question("merging").names)] == 0).all()
    assert "1 galaxies answered an earlier form of 'merging'" in caplog.text


def test_more_than_the_parent(tmp_path: Path, caplog) -> None:
    """More votes for bars than for face-on disks are counted, not refused."""
    table = votes()
    table.loc[0, "bar-dr5_strong"] += 100
    _, counts = read_votes([write(tmp_path / "a.csv", table)])
    assert counts["more_than_parent"] == {"bar": 1}
    assert "more votes than the answer before has" in caplog.text


def damaged(name: str, value, row: int = 1) -> Callable:
    """Return what changes one cell of a table."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype({name: object})
        table.loc[row, name] = value
        return table

    return change


BAR = "bar-dr5_strong"
BAD = {
    "negative": (damaged(BAR, -1), r"row 3, column 'bar-dr5_strong': got -1"),
    "fractional": (damaged(BAR, 1.5), "got 1.5"),
    "text": (damaged(BAR, "many"), "got 'many'"),
    "infinite": (damaged(BAR, "inf"), "row 3, column 'bar-dr5_strong'"),
    "a part is missing": (damaged(BAR, ""), "question 'bar'"),
    "absurd": (damaged(BAR, 10**9), "a whole number of votes"),
    "no name": (damaged("dr8_id", ""), "row 3, column 'dr8_id'"),
    "a galaxy twice": (damaged("dr8_id", "1_0"), "row 3.*'1_0' stands in row 2"),
    "no column of names": (lambda t: t.drop(columns="dr8_id"), "no column with gal"),
    "no votes": (lambda t: t[["dr8_id"]], "no votes"),
    "an answer is missing": (lambda t: t.drop(columns=BAR), f"no column {BAR}"),
    "an answer twice": (lambda t: t.assign(bar_strong=1), "keep one of them"),
    "no rows": (lambda t: t.iloc[:0], "no rows"),
    "shares": (lambda t: t.assign(**{BAR: 0.3}), "got 0.3"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_votes(tmp_path: Path, case: str) -> None:
    """A table that is damaged is refused, with its file and the place."""
    change, problem = BAD[case]
    path = write(tmp_path / "a.csv", change(votes()))
    with pytest.raises(InputError, match=problem) as bad:
        read_votes([path])
    assert str(path) in str(bad.value)


def test_one_galaxy_in_two_tables(tmp_path: Path) -> None:
    """Votes are not added up: it may be twice the same."""
    paths = [write(tmp_path / f"{name}.csv", votes()) for name in "ab"]
    with pytest.raises(InputError, match=r"b\.csv: '1_0' \(3 in all\)"):
        read_votes(paths)


def test_answers_lead_up_the_tree(tmp_path: Path) -> None:
    """One answer is a vote for it, and for those before it."""
    path = tmp_path / "a.csv"
    path.write_text(
        "file,question,answer\nin/b.fits.gz,spiral-arm-count,2\na.jpg,bar,yes\n"
        "a.jpg,odd-feature,ring\nc.jpg,merging,none\n"
    )
    found, counts = read_answers(path)
    voted = {name: set(row.index[row > 0]) for name, row in found.iterrows()}
    face_on = {"smooth-or-featured-dr5_featured-or-disk", "disk-edge-on-dr5_no"}
    assert voted == {
        "a": face_on,
        "b": face_on | {"has-spiral-arms-dr5_yes", "spiral-arm-count-dr5_2"},
        "c": {"merging-dr5_none"},
    }
    assert found.to_numpy().max() == 1
    assert counts["not_in_the_tree"] == {"bar: yes": 1, "odd-feature: ring": 1}


def test_counts_of_pictures(tmp_path: Path) -> None:
    """A column an answer, by file."""
    table = votes().rename(columns={"dr8_id": "file"})
    found, _ = read_answers(write(tmp_path / "a.csv", table))
    assert np.array_equal(found.to_numpy(), table[columns()].to_numpy())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("file,question,answer\na.jpg,colour,red\n", "no answer of the tree"),
        ("file,question,answer\na.jpg,bar,\n", "row 2, column 'answer'"),
        ("question,answer\nbar,strong\n", "file"),
        ("picture,bar_strong\na.jpg,3\n", "no column with galaxies' names"),
        ("file,question,answer\na.jpg,bar\n", "row 2"),
    ],
)
def test_bad_answers(tmp_path: Path, text: str, problem: str) -> None:
    """Answers that are none are refused."""
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=problem) as bad:
        read_answers(path)
    assert str(path) in str(bad.value)


@pytest.mark.real
def test_real_votes(real: Path) -> None:
    """Galaxy Zoo DECaLS's own counts fit the tree."""
    folder = real / "spirals" / "gz_decals_votes"
    path = folder / "example_panoptes_predictions.csv"
    found, counts = read_votes([path], ["subject_id"])
    assert len(found) == 1618
    enough = found[list(question("bar").names)].sum(axis=1) >= 3
    assert enough.sum() == 1257
    assert counts["more_than_parent"] == {}
    given = pd.read_csv(path).set_index("subject_id")
    row = found.loc["20242697"]
    assert row["disk-edge-on-dr5_yes"] == given.loc[20242697, "disk-edge-on_yes"]
    read_votes([folder / "full_tree_votes_with_coords.csv"], ["subject_id"])
    only, _ = read_votes([folder / "panoptes.csv"], ["subject_id"])
    assert len(only) == 4000


@pytest.mark.real
def test_real_answers(real: Path) -> None:
    """The help pictures' answers become votes."""
    path = real / "spirals" / "gz_decals_help_images" / "labels.csv"
    found, counts = read_answers(path)
    assert len(found) == len(set(pd.read_csv(path)["file"]))
    assert counts["spiral-arm-count"] == 26
    assert counts["not_in_the_tree"]["bar: yes"] == 6
