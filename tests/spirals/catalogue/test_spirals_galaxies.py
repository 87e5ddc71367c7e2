"""The table of a run's galaxies: its rows, cuts and parts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.spirals.catalogue.cuts import selected
from skyloom.spirals.catalogue.galaxies import (
    parted,
    read_galaxies,
    write_galaxies,
)
from skyloom.spirals.catalogue.master import master, master_galaxies
from skyloom.spirals.config import Cuts
from skyloom.spirals.questions import columns, question
from spirals.catalogue.galaxy_rows import galaxies

SHARES = {"validate": 0.1, "test": 0.2}


def many(n: int = 400) -> pd.DataFrame:
    """Return galaxies over a part of the sky."""
    rng = np.random.default_rng(4)
    names = [f"g{i:04d}" for i in rng.permutation(n)]
    ra, dec = rng.uniform(0, 360, n), rng.uniform(-30, 30, n)
    return galaxies(names, ra=ra, dec=dec, pixscale=0.3)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """The table comes back with its types, sorted by name."""
    votes = pd.DataFrame(np.arange(68).reshape(2, 34), columns=columns())
    table = galaxies(["b", "a"], votes, ra=[1, 2], dec=[3, 4], marks=[True, False])
    table = parted(table, SHARES, 1.0, 0)
    write_galaxies(tmp_path / "a.parquet", table, {"code": "x"})
    found = read_galaxies(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(found, table)
    assert found["name"].tolist() == ["a", "b"]
    assert found["redshift"].isna().all()


def test_parts_have_their_shares() -> None:
    """Shares of the cells; the same seed deals the same."""
    table = parted(many(), SHARES, 1.0, 7)
    shares = table["part"].value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.2, abs=0.03)
    assert shares["validate"] == pytest.approx(0.1, abs=0.03)
    again = parted(many().sample(frac=1, random_state=1), SHARES, 1.0, 7)
    assert again["part"].tolist() == table["part"].tolist()
    assert parted(many(), SHARES, 1.0, 8)["part"].tolist() != table["part"].tolist()


def test_neighbours_are_in_one_part() -> None:
    """Galaxies of one cell stay together, wherever they came from."""
    table = many()
    twins = table.assign(name="twin " + table["name"], ra=table["ra"] + 1e-6)
    parts = parted(pd.concat([table, twins]), SHARES, 5.0, 1).set_index("name")["part"]
    assert (parts["twin " + table["name"]].to_numpy() == parts[table["name"]]).all()


def test_pictures_of_one_galaxy_are_in_one_part() -> None:
    """Without positions, what tells galaxies apart may be the picture."""
    names = [f"p{i}" for i in range(100)]
    alike = {name: f"sum {int(name[1:]) // 2}" for name in names}
    table = parted(galaxies(names), SHARES, 1.0, 3, alike).set_index("name")["part"]
    assert all(table[f"p{2 * i}"] == table[f"p{2 * i + 1}"] for i in range(50))
    alone = parted(galaxies(names), SHARES, 1.0, 3)["part"].value_counts()
    assert alone.to_dict() == {"train": 70, "test": 20, "validate": 10}


def test_cuts() -> None:
    """Each step counts who is left; galaxies without votes do not pass a share."""
    votes = pd.DataFrame(0, index=range(5), columns=columns())
    votes.loc[0, "smooth-or-featured-dr5_featured-or-disk"] = 9
    votes.loc[1, "smooth-or-featured-dr5_smooth"] = 9
    votes.loc[[2, 3], "smooth-or-featured-dr5_featured-or-disk"] = 30
    votes.loc[[2, 3], "smooth-or-featured-dr5_smooth"] = 10
    table = galaxies("abcde", votes, spiral_asked=[15, 15, 3, 0, 15])
    kept, counts = selected(table, Cuts(featured=0.5, classifications=10))
    assert kept["name"].tolist() == ["a", "d"]
    assert counts["featured"] == 3
    assert counts["classifications"] == 2
    assert len(selected(table, Cuts())[0]) == 5
    assert selected(table, Cuts(votes=10))[0]["name"].tolist() == ["c", "d"]


def broken(**cells):
    """Return what changes cells of the first row."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype(dict.fromkeys(cells, object))
        for name, value in cells.items():
            table.loc[0, name] = value
        return table.infer_objects()

    return change


BAD = {
    "no part": (broken(part="holdout"), "row 1, column 'part': got 'holdout'"),
    "negative votes": (broken(**{"bar-dr5_no": -1}), "row 1, column 'bar-dr5_no'"),
    "half a vote": (broken(**{"bar-dr5_no": 0.5}), "got 0.5"),
    "asked less than 0": (broken(bar_asked=-3), "column 'bar_asked'"),
    "a name twice": (broken(name="b"), "row 2, column 'name': 'b' stands in row 1"),
    "no column": (lambda t: t.drop(columns="bar-dr5_no"), "no column bar-dr5_no"),
    "no rows": (lambda t: t.iloc[:0], "no rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables(tmp_path: Path, case: str) -> None:
    """A table that was changed by hand is refused, with the place."""
    change, problem = BAD[case]
    path = tmp_path / "a.parquet"
    change(parted(galaxies("ab"), SHARES, 1.0, 0)).to_parquet(path)
    with pytest.raises(InputError, match=problem) as bad:
        read_galaxies(path)
    assert str(path) in str(bad.value)


def test_master() -> None:
    """GZ3D's galaxies with their votes, and galaxies that have votes only."""
    sheet = pd.DataFrame(
        {
            "name": ["gz3d_a", "gz3d_b"],
            "ra": [10.0, 50.0],
            "dec": [1.0, 2.0],
            "spiral_asked": [15, 15],
            "bar_asked": [0, 15],
            "mangaid": ["1-1", "1-2"],
        }
    )
    base = pd.DataFrame(
        {
            "dr8_id": ["x", "y", "z", "w"],
            "ra": [10.0002, 80.0, 90.0, 100.0],
            "dec": [1.0, 2.0, 3.0, 4.0],
            "est_dr5_pixscale": [0.3, 0.2, 0.4, np.nan],
            "redshift": [0.03, np.nan, 0.05, 0.02],
        }
    )
    votes = pd.DataFrame(0, index=["w", "x", "y", "unknown"], columns=columns())
    votes[list(question("bar").names)] = 5
    table, counts = master(sheet, base, votes.astype(np.int32), 3.0)
    assert table["name"].tolist() == ["gz3d_a", "y"]
    assert counts["nearest"] == 1
    assert counts["with_votes_only"] == 2
    assert table["spiral_asked"].tolist() == [15, 0]
    assert counts["with_pixel_scale"] == 2
    assert counts["with_votes"] == 2
    assert counts["votes_without_galaxy"] == 1
    found = master_galaxies(table)
    assert found["ra"].tolist() == [10.0, 80.0]
    assert found["redshift"].tolist()[0] == 0.03
    assert (found["bar-dr5_strong"] == 5).all()


@pytest.mark.parametrize("voted", [[], ["y"]])
def test_master_of_little(voted: list[str]) -> None:
    """No votes, and no redshifts, are no reason to fail."""
    columns_ = {"name": ["a"], "ra": [10.0], "dec": [1.0]}
    sheet = pd.DataFrame(columns_ | {"spiral_asked": [15], "bar_asked": [0]})
    base = pd.DataFrame({"dr8_id": ["x", "y"], "ra": [10.0, 20.0], "dec": [1.0, 2.0]})
    base = base.assign(est_dr5_pixscale=0.3, redshift=np.nan)
    votes = pd.DataFrame(1, index=voted, columns=columns(), dtype=np.int32)
    found = master_galaxies(master(sheet, base, votes, 3.0)[0])
    assert found["name"].tolist() == ["a", *voted]
    assert found["redshift"].isna().all()
