"""Files of many subjects gathered into tables."""

import json

import invented_galaxy
import pandas as pd
import pytest
from skyloom.builder.tasks import catalogue
from skyloom.builder.tasks.retrieve import fetched
from skyloom.builder.tasks.tables import read_catalogue, subject_files
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.io.parquet import write_parquet


def trees(folder, *numbers, **values):
    paths = []
    for number in numbers:
        paths.append(folder / f"{number}.json")
        write_json(paths[-1], values | {"subject_id": number})
    return paths


def test_trees_are_sorted_by_subject(tmp_path):
    """Whatever the order of the files, subjects come in order."""
    assert list(catalogue.trees(trees(tmp_path, 12, 7))) == [7, 12]


def test_a_file_of_another_subject_is_refused(tmp_path):
    """A renamed file is named in the error."""
    path = trees(tmp_path, 7)[0].rename(tmp_path / "8.json")
    with pytest.raises(
        InputError, match=r"8\.json: is of subject 7; expected subject 8"
    ):
        catalogue.trees([path])


def test_aggregation_table_round_trip(tmp_path):
    """JSON text stands in for the seed's pickles; failures are rows."""
    failed = {"status": "failed", "reason": "3 volunteers", "model": None}
    table = catalogue.aggregation_table({7: invented_galaxy.aggregate(), 9: failed})
    write_parquet(tmp_path / "t.parquet", table)
    back = pd.read_parquet(tmp_path / "t.parquet")
    assert list(back["subject_id"]) == [7, 9]
    assert json.loads(back["Model"][0]) == invented_galaxy.aggregate()["model"]
    assert json.loads(back["Arms"][0])[0]["pitch_angle"] == 18.0
    assert pd.isna(back["Model"][1])
    assert list(back["status"]) == ["ok", "failed"]


def test_best_table_keeps_long_identifiers(tmp_path):
    """Classification ids stay whole numbers, also beside a failure."""
    good = {
        "subject_id": 7, "classification_id": 102560152123456789, "chisq": 1.5,
        "n_volunteers": 30, "model": {}, "status": "ok", "reason": None,
    }  # fmt: skip
    bad = good | {"subject_id": 8, "classification_id": None, "chisq": None}
    table = catalogue.best_table({7: good, 8: bad | {"status": "failed"}})
    write_parquet(tmp_path / "t.parquet", table)
    assert table["classification_id"][0] == 102560152123456789
    assert pd.isna(table["classification_id"][1])


@pytest.mark.parametrize(
    "function", [catalogue.aggregation_table, catalogue.best_table]
)
def test_empty_tables_have_their_columns(function, tmp_path):
    """A run without subjects still writes a table."""
    write_parquet(tmp_path / "t.parquet", function({}))
    assert "status" in pd.read_parquet(tmp_path / "t.parquet")


def test_subjects_gather_every_file(tmp_path):
    """Metadata, pixels, crowd and fits meet by id; gaps are empty, not errors."""
    (tmp_path / "m.csv").write_text(
        "subject_id,RA,DEC,ZDIST\n1,150.0,30.0,0.02\n2,,,\n"
    )
    crowd = trees(tmp_path / "a", 1, 2, 3, status="ok")
    fits = trees(tmp_path / "t", 1, 2, 3, model=None)
    models = trees(tmp_path / "f", 1, 2, 3, model=None, reason="dark")
    cutouts = invented_galaxy.cutouts(tmp_path)
    found = catalogue.subjects(
        tmp_path / "m.csv", cutouts=cutouts, aggregates=crowd, models=models, agg=fits
    )
    assert [s.subject_id for s in found] == [1, 2, 3]
    assert [s.has_image for s in found] == [True, True, False]
    assert [s.wcs is None for s in found] == [False, True, True]
    assert found[0].metadata["ZDIST"] == 0.02
    assert set(found[0].tuned) == {"agg"}
    assert found[2].fit["reason"] == "dark"
    assert found[0].middle == (5.0, 4.0)
    assert found[0].fwhm > 0
    assert not found[0].has_seam


def test_extinction_is_read_where_the_table_has_it(tmp_path):
    """A column of its own; NaN in a table without."""
    (tmp_path / "m.csv").write_text("subject_id,EXTINCTION\n1,0.12\n2,\n3,\n")
    same = {"aggregates": trees(tmp_path / "a", 1), "models": trees(tmp_path / "f", 1)}
    cutouts = invented_galaxy.cutouts(tmp_path)
    (found,) = catalogue.subjects(tmp_path / "m.csv", cutouts=cutouts, **same)
    assert found.known("EXTINCTION") == 0.12


def test_reading_keeps_empty_text_empty(tmp_path):
    """A failed subject has no start, not one called N/A."""
    write_catalogue(tmp_path / "c.fits", invented_galaxy.catalogue_table())
    back = read_catalogue(tmp_path / "c.fits")
    assert list(back["start"]) == ["agg", "agg", ""]
    assert list(back["bounds_reached"]) == ["", "bar.n:lower", ""]
    assert back["mag"].isna().tolist() == [False, False, True]
    assert back["flags"].dtype.kind == "i"


def test_a_subject_without_an_address_names_the_key(tmp_path):
    """An export without the subject, or with one of its three files only."""
    rows = pd.DataFrame({"subject_id": [7], "metadata": "{}", "locations": '{"0":"u"}'})
    rows.to_csv(tmp_path / "s.csv", index=False)
    urls = subject_files([tmp_path / "s.csv"], [7, 8])
    assert urls == {(7, "difference.json"): "u"}
    for place in ("7/image.png", "8/difference.json"):
        with pytest.raises(InputError, match=f"{place}: no .*builder.paths.subjects"):
            fetched(urls, tmp_path / place, tmp_path / "new")
