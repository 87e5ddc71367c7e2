"""The manifest: every file with what it was made from, and whether that still holds."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from checkouts import LAYER, snakemake
from mini import CORES, RUN, workflow
from skyloom.io.documents import read_json
from skyloom.io.record import checksum, digest_of
from skyloom.run import manifest
from skyloom.run.places import OWN, ROOT, SNAKEMAKE
from skyloom.run.provenance import versions


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """Return the folder of a small finished run with its manifest."""
    folder = workflow(tmp_path_factory.mktemp("mini") / "run")
    snakemake(folder, *CORES, "manifest")
    return folder


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """Return a copy of it, to change."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def listed(folder: Path, name: str = "mini") -> dict:
    return read_json(folder / "results" / name / "manifest.json")


def complaint(folder: Path) -> str:
    """Return what `verify` says against the files of a run."""
    done = snakemake(folder, *CORES, "verify", check=False)
    assert done.returncode != 0
    log = (folder / "logs" / "mini" / "verify.log").read_text()
    return log[log.index("ManifestError") :]


def test_every_file_is_listed_with_its_making(finished):
    """Checksum and size; rule, code, settings, inputs, also those that are gone."""
    kept, sha = listed(finished), checksum(finished / "data" / "numbers.txt")
    table = {"sha256": sha, "size": 4}
    assert sorted(kept["products"]) == ["area/sum.txt", "area/table.csv"]
    found = kept["products"]["area/table.csv"]
    making = kept["makings"][found.pop("made")]
    assert found == table
    assert making == {
        "rule": "draw",
        "code": "c0de" * 16,
        "config": digest_of({"seed": 1}),
        "changed": [],
        "inputs": {},
        "sources": {"numbers.txt": sha},
        "versions": dict(versions()),
    }
    making = kept["makings"][kept["products"]["area/sum.txt"]["made"]]
    assert making["inputs"] == {"area/passing.txt": sha, "area/table.csv": sha}
    assert making["versions"] is making["code"] is None  # no job of the library's


def test_what_no_rule_made_is_said(run):
    """A file that somebody put there is listed as such, and the log names it."""
    (run / RUN / "area" / "mine.txt").write_text("3\n")
    snakemake(run, *CORES, "-f", "manifest")
    assert listed(run)["products"]["area/mine.txt"]["made"] is None
    assert "mine.txt" in (run / "logs" / "mini" / "manifest.log").read_text()


def test_same_products_same_bytes_anywhere(run, tmp_path):
    """No time, place or machine: made again in a folder that was moved."""
    before = (run / RUN / "manifest.json").read_bytes()
    moved = shutil.move(run, tmp_path / "elsewhere")
    os.utime(moved / RUN / "area" / "sum.txt")
    snakemake(moved, *CORES, "-f", "manifest")
    assert (moved / RUN / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(("later", "known"), [(1, True), (-1, False)])
def test_large_inputs_count_while_they_are_not_younger(tmp_path, later, known):
    """Where Snakemake keeps no checksum, the time says whether it is the same input."""
    path, large = tmp_path / "run" / "manifest.json", tmp_path / "large.npy"
    (tmp_path / "run").mkdir()
    for file in (large, tmp_path / "run" / "made.npy"):
        file.write_text("1\n")
    record = SimpleNamespace(rule="make", input=[str(large)], input_checksums={})
    record.params, record.log = [], []
    record.starttime = large.stat().st_mtime + later
    manifest.write(path, lambda name: record if "made" in name else None)
    (making,) = read_json(path)["makings"].values()
    assert making["sources"] == {"large.npy": checksum(large) if known else None}


def test_verify_is_content_with_what_was_listed(run):
    """In one line; also when all files have other times and lie elsewhere."""
    for path in (run / RUN).rglob("*"):
        os.utime(path, (1e9, 1e9))
    said = snakemake(run, *CORES, "verify").stdout
    assert "results/mini/manifest.json holds: 2 files" in said


def test_changed_missing_and_added_files_are_named(run):
    """A byte that a disk lost, with size and time as before; and what helps."""
    area, undisturbed = run / RUN / "area", (run / RUN / "area/table.csv").stat()
    before = {path: path.read_bytes() for path in area.iterdir()}
    (area / "table.csv").write_bytes(b"1\n3\n")
    os.utime(area / "table.csv", ns=(undisturbed.st_atime_ns, undisturbed.st_mtime_ns))
    (area / "sum.txt").unlink()
    (area / "more.txt").write_text("8\n")
    said = complaint(run)
    # Whole, as the run is in another folder than the checkout.
    again = f"{ROOT / SNAKEMAKE if OWN else SNAKEMAKE} --cores all FILE"
    assert f"1 missing: {RUN}/area/sum.txt; for each, {again}" in said
    assert f"1 changed: {RUN}/area/table.csv; for each, rm FILE; {again}" in said
    assert f"1 not listed: {RUN}/area/more.txt; for each, rm FILE" in said
    for name in ("table.csv", "more.txt"):
        (area / name).unlink()
    for name in ("table.csv", "sum.txt"):
        snakemake(run, *CORES, f"{RUN}/area/{name}")
    assert {path: path.read_bytes() for path in area.iterdir()} == before
    assert "holds" in snakemake(run, *CORES, "verify").stdout


def test_what_was_made_from_other_inputs_is_named(run):
    """An extra product that nobody asked for again, when its input was made anew."""
    extra = f"{RUN}/area/extra.txt"
    snakemake(run, *CORES, extra)
    (run / "data" / "numbers.txt").write_text("5\n6\n")
    snakemake(run, *CORES, "manifest")
    assert (run / extra).read_text() == "1\n2\n"
    assert f"1 made from other inputs than there are: {extra}" in complaint(run)
    (run / extra).unlink()
    snakemake(run, *CORES, extra)
    snakemake(run, *CORES, "-f", "manifest")
    assert "3 files" in snakemake(run, *CORES, "verify").stdout


def test_an_input_exchanged_for_an_older_one_is_named(run):
    """Snakemake goes by its time, and makes nothing again; what helps is said."""
    (run / "data" / "numbers.txt").write_text("5\n6\n")
    os.utime(run / "data" / "numbers.txt", (1e9, 1e9))
    assert "Nothing to be done" in snakemake(run, "-n").stdout
    snakemake(run, *CORES, "-f", "manifest")
    stale = f"1 made from other inputs than there are: {RUN}/area/table.csv"
    assert stale in complaint(run)
    (run / RUN / "area" / "table.csv").unlink()
    snakemake(run, *CORES, f"{RUN}/area/table.csv")
    snakemake(run, *CORES, "manifest")
    assert (run / RUN / "area" / "sum.txt").read_text() == "5\n6\n" * 2
    assert "holds" in snakemake(run, *CORES, "verify").stdout


@pytest.mark.parametrize("content", [None, "", "{", "{}"])
def test_without_a_manifest_nothing_is_verified(run, content):
    """None, or a damaged one: the message says how to make it."""
    path = run / RUN / "manifest.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    done = snakemake(run, *CORES, "verify", check=False)
    log = (run / "logs" / "mini" / "verify.log").read_text()
    assert done.returncode != 0
    assert "results/mini/manifest.json: " in log
    assert "manifest" in log.split("; ")[-1] or "makes it again" in log


def test_every_product_of_all_areas_is_known(built, tmp_path):
    """Each with its rule and its inputs; as the products' own records say."""
    folder = tmp_path / "checkout"
    shutil.copytree(built.folder, folder)
    some = ("--config", "areas=[builder, spectra]")  # others are listed, though closed
    snakemake(folder, "manifest", "--cores", "2", *LAYER, *some)
    kept, results = listed(folder, "tiny"), folder / "results" / "tiny"
    products, makings = kept["products"], kept["makings"]
    there = {str(p.relative_to(results)) for p in results.rglob("*") if p.is_file()}
    aside = {name for name in there if Path(name).name.startswith(".")}
    assert set(products) == there - {"manifest.json"} - aside
    assert {name.split("/")[0] for name in products} >= {"builder", "clusters"}
    assert [name for name, one in products.items() if one["made"] is None] == []
    for making in makings.values():
        assert making["code"]
        assert making["versions"] == dict(versions())
        gone = [name for name, sha in making["inputs"].items() if sha is None]
        assert [name for name in gone if (results / name).is_file()] == []
        for name, sha in making["inputs"].items():
            assert sha is None or products.get(name, {"sha256": sha})["sha256"] == sha
    for name in ("builder/metrics.json", "spirals/metrics.json"):
        own = json.loads((results / name).read_text())["provenance"]
        making = makings[products[name]["made"]]
        assert {k: own[k] for k in ("code", "config", "versions")} == {
            k: making[k] for k in ("code", "config", "versions")
        }
        assert set(own["inputs"].values()) == set(making["inputs"].values())
    said = snakemake(folder, "verify", "--cores", "2", *LAYER).stdout
    assert f"holds: {len(products)} files" in said
