"""Disks, clocks, other runs: a clear error or a correct rerun."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkouts import LAYER, command, environment, snakemake
from mini import CORES, DRAW, RUN, workflow
from test_kill import ALL, products

HOURS = 3600.0
SUM = RUN / "area" / "sum.txt"
# Intermediates of several formats, and what is made from them: none from another's.
BETWEEN = {
    "builder/gal-metadata.csv": "builder/catalogue.fits",
    "builder/volunteers/*.json": "builder/analysis/volunteer_agreement.json",
    "clusters/encoder/best_encoder.ckpt": "clusters/encoder/evaluation.json",
    "clusters/predictions/sim0000.npz": "clusters/detections/sim0000.fits",
    "clusters/sources/sim0000.fits": "clusters/matched_filter/sim0000.fits",
    "quasars/ensemble/round2/net_0.keras": "quasars/ensemble/round2/calibration.json",
    "spectra/rest/spec0.npy": "spectra/spec240.npy",
    "spirals/raw/gz3d/*.fits.gz": "spirals/gz3d_catalog.csv",
}


@contextmanager
def disk(place: Path, size: str) -> Iterator[Path]:
    """Give a small disk of its own; skip the test where nobody lets us mount one."""
    place.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        subprocess.run(words, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as bad:
        why = getattr(bad, "stderr", "") or str(bad)
        pytest.skip(f"NOT TESTED: no disk can be mounted here ({why.strip()})")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def remount(place: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(place)], check=True)


def started(folder: Path, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """Return the folder of a small finished run."""
    folder = workflow(tmp_path_factory.mktemp("mini") / "run")
    snakemake(folder, *CORES)
    return folder


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """Return a copy of it, to change."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def test_a_full_disk_is_named_and_the_next_start_goes_on(tmp_path):
    """Nothing half written stays; with room, the run is finished."""
    folder, place = tmp_path / "run", tmp_path / "disk"
    with disk(place, "256k"):
        workflow(folder, str(place))
        (folder / "data" / "numbers.txt").write_text("123456789\n" * 40_000)
        said = snakemake(folder, *CORES, check=False)
        assert said.returncode != 0
        assert "no room left for this file" in said.stdout
        assert f"{place}/mini/area/table.csv" in said.stdout
        assert not list((place / "mini" / "area").glob("*"))
        remount(place, "size=4M")
        snakemake(folder, *CORES, "--rerun-incomplete")
        made = (place / "mini" / "area" / "sum.txt").read_text()
        assert made == "123456789\n" * 80_000


def test_results_that_cannot_be_written_are_refused_first(tmp_path):
    """Before the first job, with the folder's name and what helps."""
    folder, place = tmp_path / "run", tmp_path / "disk"
    with disk(place, "4M"):
        workflow(folder, str(place))
        remount(place, "ro")
        said = snakemake(folder, *CORES, check=False)
        assert said.returncode != 0
        assert "may not be written" in said.stdout
        assert str(place) in said.stdout
        assert not (folder / "logs").exists()
        remount(place, "rw")
        snakemake(folder, *CORES)
        assert (place / "mini" / "area" / "sum.txt").read_text() == "1\n2\n" * 2


@pytest.mark.parametrize("old", ["1\n2\n", '"seed": 1'], ids=["input", "setting"])
def test_a_job_that_failed_is_done_again(run, old):
    """Its products are gone, those made from them are there: they are not up to date.

    Snakemake alone says that nothing is to be done, and leaves them.
    """
    script = run / "scripts" / "draw.py"
    for path in (run / "data" / "numbers.txt", run / "Snakefile"):
        path.write_text(path.read_text().replace(old, old.replace("1", "7")))
    script.write_text(DRAW + "\nraise SystemExit(1)\n")
    assert snakemake(run, *CORES, check=False).returncode != 0
    assert not (run / RUN / "area" / "table.csv").exists()
    script.write_text(DRAW)
    snakemake(run, *CORES)
    assert (run / SUM).read_text() == (run / "data" / "numbers.txt").read_text() * 2
    assert (run / RUN / "area" / "table.csv").exists()
    assert "Nothing to be done" in snakemake(run, "-n").stdout


@pytest.mark.parametrize("hours", [-5, 5])
def test_other_clocks_rerun_nothing(run, hours):
    """Inputs, or products, from a machine whose clock is ahead or behind."""
    for some in ("data", "results"):
        folder = run.with_name(f"{some}-{hours}")
        shutil.copytree(run, folder)
        for path in (folder / some).rglob("*"):
            moment = path.stat().st_mtime + hours * HOURS
            os.utime(path, (moment, moment))
        assert "Nothing to be done" in snakemake(folder, "-n").stdout


def test_a_new_input_from_the_future_is_refused(run):
    """Its products would be older than it for hours: said with both times."""
    (run / "data" / "numbers.txt").write_text("3\n")
    later = time.time() + 5 * HOURS
    os.utime(run / "data" / "numbers.txt", (later, later))
    said = snakemake(run, *CORES, check=False)
    assert said.returncode != 0
    assert "clock skew" in said.stdout
    assert "data/numbers.txt" in said.stdout
    os.utime(run / "data" / "numbers.txt")
    snakemake(run, *CORES)
    assert (run / SUM).read_text() == "3\n" * 2


def test_two_runs_in_one_folder(tmp_path):
    """The second is refused by Snakemake's lock; the first is not disturbed."""
    folder = workflow(tmp_path / "run")
    (folder / "wait").touch()
    first = started(folder, *CORES)
    log = folder / "logs" / "mini" / "draw.log"
    while not log.exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = snakemake(folder, *CORES, check=False)
    assert second.returncode != 0
    assert "cannot be locked" in second.stdout
    (folder / "wait").unlink()
    said = first.communicate()[0]
    assert first.returncode == 0, said
    assert (folder / SUM).read_text() == "1\n2\n" * 2


def test_two_folders_with_the_same_results(tmp_path):
    """No lock of Snakemake's is shared: ours names the other folder."""
    place = tmp_path / "results"
    one, other = (workflow(tmp_path / name, str(place)) for name in ("one", "other"))
    (one / "wait").touch()
    first = started(one, *CORES)
    while not (one / "logs" / "mini" / "draw.log").exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = snakemake(other, *CORES, check=False)
    assert second.returncode != 0
    assert f"another run, in the folder {one}, is writing {place}" in second.stdout
    assert not (other / "logs").exists()
    (one / "wait").unlink()
    said = first.communicate()[0]
    assert first.returncode == 0, said
    assert (place / "mini" / "area" / "sum.txt").read_text() == "1\n2\n" * 2
    snakemake(other, *CORES)  # its end, or that of a killed one, frees the results


def flip(path: Path) -> None:
    """Change a byte in the middle of a file, but not its time or size."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0b100
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(path: Path) -> None:
    """Leave the first half of a file."""
    before = path.stat()
    os.truncate(path, before.st_size // 2)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "damage", [flip, pytest.param(cut, marks=pytest.mark.soak)], ids=["flip", "cut"]
)
def test_a_damaged_intermediate_is_found(built, tmp_path, damage):
    """By the job that reads it, or by `verify`; without it all is made as it was."""
    folder = tmp_path / "checkout"
    shutil.copytree(built.folder, folder)
    results, run = folder / "results" / "tiny", ("--cores", "2", *LAYER)
    snakemake(folder, "manifest", *run, "--quiet=all")
    undisturbed = products(folder, ALL)
    found = {
        sorted(results.glob(one))[0]: results / two for one, two in BETWEEN.items()
    }
    for source, target in found.items():
        damage(source)
        target.unlink()
    wanted = [str(target.relative_to(folder)) for target in found.values()]
    more = ("--keep-going", "--show-failed-logs")
    said = snakemake(folder, *wanted, *run, *more, check=False).stdout
    log = folder / "logs" / "tiny" / "verify.log"
    assert snakemake(folder, "verify", *run, check=False).returncode != 0
    judged = log.read_text()
    wrong = set()
    for source, target in found.items():
        assert f"changed: {source.relative_to(folder)}" in judged
        name = str(target.relative_to(folder))
        if not target.exists():
            assert str(source.relative_to(folder)) in said, name
        elif target.read_bytes() != undisturbed[name]:
            assert f"changed: {name}" in judged
            wrong.add(target)
    for path in (*found, *wrong):
        path.unlink(missing_ok=True)
    asked = [str(path.relative_to(folder)) for path in (*found, *found.values())]
    snakemake(folder, *asked, *run, "--quiet=all")
    snakemake(folder, *run, "--quiet=all")
    assert products(folder, ALL) == undisturbed
    assert "holds" in snakemake(folder, "verify", *run).stdout
