"""The formats of the area `spirals`: tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from formats_spirals import NAMES, votes, written
from rows import Format, by, finite, within
from skyloom.spirals.catalogue.answers import read_answers
from skyloom.spirals.catalogue.base import read_base, read_sami
from skyloom.spirals.catalogue.galaxies import (
    ASKED,
    NUMBERS,
    read_galaxies,
    write_galaxies,
)
from skyloom.spirals.catalogue.tables import read_columns
from skyloom.spirals.catalogue.votes import read_votes
from skyloom.spirals.drawings.subjects import read_turns
from skyloom.spirals.questions import PATH, columns, read_questions
from skyloom.spirals.tasks.bars import read_bars


def questions(folder: Path) -> Path:
    return Path(shutil.copy(PATH, folder / "questions.csv"))


def sane_questions(found: tuple) -> None:
    assert found, "no question"
    for one in found:
        assert one.answers, "a question without answers"
        assert one.after is None or one.after < one.first, "asked after itself"


def bars(folder: Path) -> Path:
    text = (
        "name,RA,DEC,PA,PA_bar,R_bar\na,10.0005,1,7,2,5\nb,20,2,7,48,5\nc,30,3,7,9,5\n"
    )
    (folder / "bars.csv").write_text(text)
    return folder / "bars.csv"


def turns(folder: Path) -> Path:
    rows = {"subject_id": [20902000, 20902001], "montage_angle": [1.6, 0.1]}
    rows |= {"original_angle": [-3.1, 0.1], "PETRO_PHI90": [10.0, 20.0]}
    pd.DataFrame(rows).to_csv(folder / "gal-metadata.csv", index=False)
    return folder / "gal-metadata.csv"


def sane_turns(found: dict) -> None:
    for one in found.values():
        finite(one.north, one.quarters)


def base_rows() -> pd.DataFrame:
    rows = {"dr8_id": NAMES, "ra": [0.0, 100, 359], "dec": [-60.0, 0, 30]}
    return pd.DataFrame(
        rows | {"est_dr5_pixscale": [0.1, 0.2, 0.5], "redshift": [0.1, 0.2, 0.3]}
    )


def base(suffix: str):
    return lambda folder: written(base_rows(), folder / f"base.{suffix}")


def sane_base(table: pd.DataFrame) -> None:
    within(table["ra"], 0, 360)
    within(table["dec"], -90, 90)
    finite(table["ra"], table["dec"])
    within(table.get("redshift", np.nan), -0.1, 20)
    within(table.get("est_dr5_pixscale", np.nan), 0, 60)


def sami(folder: Path) -> Path:
    rows = base_rows().rename(
        columns={"dr8_id": "CATID", "ra": "ra_obj", "dec": "dec_obj"}
    )
    rows["CATID"] = [9_008_500_001, 9_008_500_002, 9_008_500_003]
    return written(rows.rename(columns={"redshift": "z_spec"}), folder / "sami.fits")


def by_index(found: tuple) -> dict:
    return {key: row.to_dict() for key, row in found[0].iterrows()}


def sane_votes(found: tuple) -> None:
    assert (found[0].to_numpy() >= 0).all(), "negative votes"
    within(found[0].to_numpy(), 0, 1e6)


def answers(folder: Path) -> Path:
    rows = {"file": ["a.png", "b.png", "a.png"], "question": ["bar"] * 3}
    return written(
        pd.DataFrame(rows | {"answer": ["strong", "weak", "no"]}), folder / "a.csv"
    )


def columns_of(path: Path) -> pd.DataFrame:
    return read_columns(path, {"dr8_id": "str", "ra": "float"}, {"redshift": "float"})


def galaxies(folder: Path) -> Path:
    rows = pd.DataFrame({"name": NAMES}).assign(
        **dict.fromkeys(NUMBERS, 0.5), marks=True
    )
    rows = rows.assign(**dict.fromkeys(ASKED, 6), **dict.fromkeys(columns(), 3))
    rows = rows.assign(source="simulated", part=["train", "validate", "test"])
    write_galaxies(folder / "galaxies.parquet", rows, {})
    return folder / "galaxies.parquet"


FORMATS = [
    Format("questions", "csv", questions, read_questions, sane=sane_questions),
    Format("bars", "csv", bars, read_bars),
    Format("turns", "csv", turns, read_turns, objects=dict, sane=sane_turns),
    *(
        Format(f"base {s}", k, base(s), read_base, objects=by("dr8_id"), sane=sane_base)
        for s, k in (("csv", "csv"), ("fits", "fits"), ("parquet", "parquet"))
    ),
    Format("sami", "fits", sami, read_sami, objects=by("name"), sane=sane_base),
    Format(
        "columns",
        "csv",
        base("csv"),
        read_columns,
        columns_of,
        by("dr8_id"),
        weight=0.5,
    ),
    *(
        Format(
            f"votes {s}",
            s,
            votes(s),
            read_votes,
            lambda p: read_votes([p]),
            by_index,
            sane_votes,
        )
        for s in ("csv", "fits", "parquet")
    ),
    Format("single answers", "csv", answers, read_answers, sane=sane_votes),
    Format(
        "galaxies", "parquet", galaxies, read_galaxies, objects=by("name"), sealed=True
    ),
]
