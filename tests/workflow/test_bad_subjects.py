"""Bad subjects among good ones: their files say why, and the others are unharmed."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
import yaml
from astropy.io import fits
from checkouts import snakemake

NO_IMAGE, NAN_IMAGE, NO_DRAWING, UNKNOWN = 100001, 100002, 100003, 7
GOOD = (100004, 100005)
IDS = (*GOOD, NO_IMAGE, NAN_IMAGE, NO_DRAWING, UNKNOWN)
TARGETS = ("subjects.csv", "classifications.csv", "gal-metadata.csv")


def copy_rows(sources, target, *, keep) -> None:
    """Join CSV files, with the rows for which `keep` is true."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="") as file:
        writer = None
        for source in sorted(sources):
            with source.open(newline="") as rows:
                for row in csv.DictReader(rows):
                    if writer is None:
                        writer = csv.DictWriter(file, list(row))
                        writer.writeheader()
                    if keep(row):
                        writer.writerow(row)


def break_image(path) -> None:
    tree = json.loads(path.read_text())
    tree["imageData"] = [[None] * len(row) for row in tree["imageData"]]
    path.write_text(json.dumps(tree))


def subject_of(row) -> int:
    return int(row.get("subject_ids") or row["subject_id"])


@pytest.fixture(scope="module")
def run(built, tmp_path_factory):
    """Run exports of the small demo as a Zooniverse project with four bad subjects."""
    folder = tmp_path_factory.mktemp("bad") / "checkout"
    shutil.copytree(built.folder, folder)
    raw = folder / "results" / "tiny" / "builder" / "raw"
    data = folder / "data"
    for name in ("classifications", "subjects", "gal-metadata"):
        lost = {"classifications": NO_DRAWING, "subjects": NO_IMAGE}.get(name)
        copy_rows(
            raw.glob(f"c*/{name}.csv"),
            data / f"{name}.csv",
            keep=lambda row, lost=lost: subject_of(row) != lost,
        )
    with (data / "subjects.csv").open("a") as file:
        file.write("100099,1,1,1,not JSON,{},9,,,,\n")
    shutil.copytree(raw / "subject_data", data / "subject_data")
    (data / "subject_data" / f"{NO_IMAGE}.json").unlink()
    break_image(data / "subject_data" / f"{NAN_IMAGE}.json")
    builder = {
        "source": "zooniverse",
        "chunks": 1,
        "sample": {"subject_ids": list(IDS)},
        "paths": {
            "classifications": "classifications.csv",
            "subjects": "subjects.csv",
            "gal_metadata": "gal-metadata.csv",
            "subject_data": "subject_data/{subject}.json",
        },
    }
    layer = folder / "bad.yaml"
    layer.write_text(
        yaml.safe_dump({"run": "bad", "areas": ["builder"], "builder": builder})
    )
    products = folder / "results" / "bad" / "builder"
    wanted = [f"regions/{i}.reg" for i in IDS] + [f"figures/{i}.pdf" for i in IDS]
    targets = [f"results/bad/builder/{name}" for name in (*TARGETS, *wanted)]
    snakemake(folder, "--configfile", "bad.yaml", "--cores", "2", *targets)
    return products


def tuned(run, subject) -> dict:
    return json.loads((run / "tuned" / "agg" / f"{subject}.json").read_text())


@pytest.mark.parametrize("subject", GOOD)
def test_good_subjects_are_fitted(run, subject):
    """Whatever became of the others."""
    assert tuned(run, subject)["model"] is not None
    assert "no model" not in (run / "regions" / f"{subject}.reg").read_text()


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (NO_IMAGE, "no image"),
        (NAN_IMAGE, "no good pixel"),
        (NO_DRAWING, "volunteers"),
        (UNKNOWN, "no image"),
    ],
)
def test_bad_subjects_say_why(run, subject, reason):
    """In the fit's record, in the region file, and each has its figure."""
    tree = tuned(run, subject)
    assert (tree["status"], tree["model"]) == ("failed", None)
    assert reason in tree["reason"]
    chosen = json.loads((run / "models" / f"{subject}.json").read_text())
    assert (chosen["status"], chosen["model"]) == ("failed", None)
    assert reason in chosen["reason"]
    assert reason in (run / "regions" / f"{subject}.reg").read_text()
    assert (run / "figures" / f"{subject}.pdf").stat().st_size > 500


def test_cutouts_of_bad_images_say_why(run):
    """The FITS twin of a cutout that cannot be carries the reason."""
    with fits.open(run / "fitting_metadata" / f"{NAN_IMAGE}.fits") as file:
        assert file[0].header["STATUS"] == "failed"


def test_tables_name_every_subject_and_every_rejected_row(run):
    """A subject without a row of its own has a bare one; bad rows are listed."""
    for name in ("subjects.csv", "gal-metadata.csv"):
        with (run / name).open(newline="") as file:
            assert {subject_of(row) for row in csv.DictReader(file)} == set(IDS)
    with (run / "rejected_subjects.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1
    assert "metadata" in rows[0]["reason"]
