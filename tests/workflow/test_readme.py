"""Commands of the documentation, as they stand there, in a fresh shell.

`documented.yaml` says of each how it is tried. A command that it does not know fails,
and so does one that no page has any more.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import survey_files
import yaml
from checkouts import CHECKOUT, copy_checkout, snakemake
from skyloom.run.areas import AREAS

PAGES = ("README.md", "config/README.md", "profiles/README.md")
PAGES += (".github/CONTRIBUTING.md",)
PAGES += tuple(f"workflow/lib/skyloom/{area}/README.md" for area in AREAS)
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
# Of blocks; commands of another one than `sh` would be tried by nobody.
LANGUAGES = {"sh", "yaml"}
# A line of another block, which looks like a command and would be tried by nobody.
HIDDEN = re.compile(r"^    +(make|export|(\.venv/bin/)?snakemake|[A-Z_]+=\S+) .*", re.M)
FOLDER = re.compile(r"export SKYLOOM_DATA=\S+")
SNAKEMAKE = ".venv/bin/snakemake "


def known(text: str) -> str:
    """Return a command in one line, without comments: how the table has it."""
    lines = re.sub(r"\s+#.*", "", text).replace("\\\n", " ")
    return " ".join(lines.split())


def commands(block: str) -> Iterator[str]:
    """Yield the commands of a block, each with all its lines, as they stand."""
    text = ""
    for line in block.splitlines():
        text += line + "\n"
        try:
            whole = not line.endswith("\\") and shlex.split(text, comments=True)
        except ValueError:  # within quotes
            continue
        if whole:
            yield text
            text = ""
    assert not text.strip(), f"a command that does not end: {text}"


def documented() -> dict[str, str]:
    """Return all commands as they stand, by how the table has them."""
    found = {}
    for page in PAGES:
        for language, block in BLOCK.findall((CHECKOUT / page).read_text()):
            if language == "sh":
                found |= {known(text): text for text in commands(block)}
    return {name: text for name, text in found.items() if not FOLDER.match(name)}


TEXTS = documented()
TABLE = {
    row["command"]: row
    for row in yaml.safe_load(Path(__file__).with_name("documented.yaml").read_text())
}


def tried(*by: str) -> list[str]:
    return [name for name, row in TABLE.items() if row["by"] in by]


def test_every_command_is_in_the_table_and_on_a_page():
    """And those that nobody tries here have a reason."""
    assert sorted(TEXTS) == sorted(TABLE)
    assert all(row.get("why") for row in TABLE.values() if row["by"] == "no")


@pytest.mark.parametrize("page", PAGES)
def test_commands_stand_in_blocks_of_their_own(checkout, page):
    """One in another block would be tried by nobody; names of files exist."""
    text = (checkout / page).read_text()
    others = BLOCK.sub(lambda m: "" if m[1] == "sh" else m[0], text)
    assert {m[1] for m in BLOCK.finditer(text)} <= LANGUAGES
    assert [m[0] for m in HIDDEN.finditer(others)] == []
    links = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", text)
    places = [(checkout / page).parent / (link or image) for link, image in links]
    assert [str(place) for place in places if not place.exists()] == []


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Return a folder with what commands name, mostly empty: it is for plans."""
    folder = tmp_path_factory.mktemp("data")
    for area in AREAS:
        getattr(survey_files, area)(folder, 3)
    for name in ("drawings/classifications.csv", "drawings/40216827.json"):
        survey_files.write(folder / name)
    for name in ("spectra/spec-1-2-3.fits", "spectra/truth.csv", "cube.fits"):
        survey_files.write(folder / name)
    for band in survey_files.BANDS:
        name = f"DES0001-0207_r4907p01_{band}_nobkg.fits.fz"
        survey_files.write(folder / "tiles" / name)
    survey_files.write(folder / "images" / "one.png")
    clusters = "RA,DEC,Z,LAMBDA\n30.0,-20.0,0.4,40\n30.5,-20.2,0.5,25\n"
    survey_files.write(folder / "mine.csv", clusters)
    survey_files.write(folder / "theirs.csv", clusters.replace("40", "35"))
    return folder


def fresh(folder: Path) -> Path:
    """Make a checkout as one has it after the software was installed."""
    copy_checkout(folder)
    for name in ("Makefile", "tests"):
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy2
        copy(CHECKOUT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    os.utime(folder / "envs" / "lock.txt", (0, 0))  # or make would install anew
    blocks = BLOCK.findall((CHECKOUT / "config" / "README.md").read_text())
    (layer,) = (block for language, block in blocks if language == "yaml")
    (folder / "mine.yaml").write_text(layer)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Return a fresh checkout, for commands that do not disturb each other."""
    return fresh(tmp_path_factory.mktemp("readme") / "skyloom")


def run(name: str, folder: Path, data: Path) -> None:
    """Run a command word for word in a new shell, and look for what it makes."""
    row = TABLE[name]
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    shell = ["env", "-i", f"HOME={home}", "PATH=/usr/local/bin:/usr/bin:/bin", "bash"]
    script = f"export SKYLOOM_DATA={shlex.quote(str(data))}\n{TEXTS[name]}"
    done = subprocess.run(
        [*shell, "-c", script],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert row.get("says", "") in done.stdout
    assert [made for made in row.get("made", ()) if not (folder / made).exists()] == []


@pytest.mark.parametrize("name", tried("quick"))
def test_quick_commands_do_what_they_say(place, data, name):
    """In a folder without products, with files of a few lines."""
    run(name, place, data)


@pytest.mark.parametrize(
    "name", [name for name in tried("data", "demo", "plan") if SNAKEMAKE in name]
)
def test_targets_and_settings_exist(place, data, name):
    """A dry run of the command's words plans something, or all files it names."""
    words = shlex.split(name.removeprefix(SNAKEMAKE))
    said = snakemake(place, "-n", "--quiet=rules", *words, SKYLOOM_DATA=str(data))
    assert "Job stats:" in said.stdout, said.stdout[-2000:]


@pytest.fixture(scope="session")
def files(real, built, tmp_path_factory) -> Path:
    """Return a folder with real files as the commands name them.

    Tiles of DES are not among the real data: those of the small demo have their names.
    """
    folder, real = tmp_path_factory.mktemp("files"), real.resolve()
    (folder / "builder").symlink_to(real / "builder")
    example, drawings = real / "builder" / "example", folder / "drawings"
    drawings.mkdir()
    shutil.copy(example / "classifications.csv", drawings)
    shutil.copy(example / "difference_data.json", drawings / "40216827.json")
    shutil.copytree(real / "quasars" / "boss7102", folder / "spectra")
    (folder / "spectra").chmod(0o755)  # the real files may be read-only
    (folder / "spectra" / "truth_vi.csv").rename(folder / "spectra" / "truth.csv")
    cube = real / "spectra" / "mpdaf_muse" / "minicube_A478_MUSE_crop30.fits.gz"
    unpacked = subprocess.run(["gzip", "-dc", cube], stdout=subprocess.PIPE, check=True)
    (folder / "cube.fits").write_bytes(unpacked.stdout)
    (folder / "images").mkdir()
    for picture in sorted((real / "spirals" / "decals_rgb").glob("J00[0-3]*.jpg")):
        shutil.copy(picture, folder / "images")
    (folder / "tiles").mkdir()
    for band in survey_files.BANDS:
        tile = built.folder / f"results/tiny/clusters/survey/sim0000_{band}.fits.fz"
        name = f"DES0001-0207_r4907p01_{band}_nobkg.fits.fz"
        shutil.copy(tile, folder / "tiles" / name)
    return folder


@pytest.mark.soak
@pytest.mark.real
@pytest.mark.parametrize("name", tried("data"))
def test_commands_on_own_data_do_what_they_say(files, tmp_path, name):
    """With real files, each in a fresh checkout."""
    run(name, fresh(tmp_path / "skyloom"), files)


@pytest.mark.soak
def test_commands_about_the_demo_do_what_they_say(tmp_path):
    """One after the other, as one would."""
    if not (Path(sys.prefix) / ".ready").exists():
        pytest.skip("make would install another environment in the place of this one")
    folder, data = fresh(tmp_path / "skyloom"), tmp_path / "data"
    for name in tried("demo"):
        run(name, folder, data)
