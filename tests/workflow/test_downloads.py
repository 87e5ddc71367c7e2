"""The rules that download, against an archive on this machine."""

from __future__ import annotations

import json
import shutil
import threading
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.io import fits
from checkouts import copy_checkout, snakemake
from matplotlib.image import imsave
from skyloom.builder.tasks.retrieve import retrieve
from skyloom.io.errors import InputError


def fits_bytes() -> bytes:
    file = BytesIO()
    fits.PrimaryHDU(np.zeros((3, 4))).writeto(file)
    return file.getvalue()


SUBJECTS = (7, 8)
FILES = ("difference.json", "image.png", "model.json")
SKY = fits_bytes()
TILE = Path("DES0000-2958", "DES0000-2958_r4907p01_r_nobkg.fits.fz")


def print_nothing(*_) -> None:
    pass


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    log_message = print_nothing


def content(subject: int, name: str) -> bytes:
    """Return a file of a subject: JSON, or a picture of one pixel."""
    if name.endswith(".json"):
        keys = ("imageData", "mask", "multiplier", "psf", name)
        return json.dumps(dict.fromkeys(keys, subject)).encode()
    file = BytesIO()
    imsave(file, np.full((1, 1, 3), subject, np.uint8), format="png")
    return file.getvalue()


@pytest.fixture
def archive(tmp_path):
    """Serve a folder; return it and its address."""
    folder = tmp_path / "archive"
    folder.mkdir()
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path, archive):
    """Return a checkout whose subjects' files lie in the archive."""
    served, url = archive
    folder = copy_checkout(tmp_path / "checkout")
    rows = ["subject_id,subject_set_id,workflow_id,metadata,locations"]
    for subject in SUBJECTS:
        for name in FILES:
            (served / f"{subject}-{name}").write_bytes(content(subject, name))
        places = {str(i): f"{url}/{subject}-{name}" for i, name in enumerate(FILES)}
        cell = json.dumps(places).replace('"', '""')
        rows.append(f'{subject},20561,5366,{{}},"{cell}"')
    data = folder / "data"
    data.mkdir()
    (data / "subjects.csv").write_text("\n".join(rows) + "\n")
    (data / "classifications.csv").write_text("classification_id\n")
    builder = {
        "source": "zooniverse",
        "sample": {"subject_ids": list(SUBJECTS)},
        "paths": {
            "classifications": "classifications.csv",
            "subjects": "subjects.csv",
            "subject_data": "downloads/builder/subject_data/{subject}/difference.json",
        },
    }
    retrieve = {"tiles": f"{url}/tiles", "sha256": "sums"}
    (data / "sums").write_text(f"{sha256(SKY).hexdigest()}  {TILE.name}\n")
    areas = {"builder": builder, "clusters": {"retrieve": retrieve}}
    layer = yaml.safe_dump({"run": "survey", "areas": list(areas), **areas})
    (folder / "layer.yaml").write_text(layer)
    return folder


def fetch(folder, *targets, **options):
    layer = ("--configfile", "layer.yaml", "--cores", "1", "--quiet=rules")
    return snakemake(folder, *layer, *targets, no_proxy="127.0.0.1", **options)


def test_all_subject_files_by_one_target(project):
    """Every file of every subject arrives as the archive has it."""
    fetch(project, "builder_retrieve_subjects")
    for subject in SUBJECTS:
        folder = project / "data/downloads/builder/subject_data" / str(subject)
        for name in FILES:
            assert (folder / name).read_bytes() == content(subject, name)


def test_a_missing_file_fails_and_leaves_nothing(project, archive):
    """The address is named; the subject's other files do not stay alone."""
    served, _ = archive
    (served / "7-model.json").unlink()
    folder = "data/downloads/builder/subject_data/7"
    done = fetch(project, f"{folder}/difference.json", check=False)
    assert done.returncode != 0
    log = next((project / "logs").rglob("retrieve_subject/0.log")).read_text()
    assert "7-model.json" in log
    assert "404" in log
    assert not list((project / folder).glob("[!.]*"))


@pytest.mark.parametrize("name", FILES)
def test_another_thing_in_place_of_a_file_is_refused(tmp_path, archive, name):
    """A message of the server as JSON, text, or a page; nothing is left."""
    served, url = archive
    texts = ["Not found", "<html>Sorry</html>", "", '{"error": "no']
    texts += ['{"error": "no"}'] if name != "model.json" else []
    for text in texts:
        (served / name).write_text(text)
        with pytest.raises(InputError, match=rf"{name}: http.*/{name}: "):
            retrieve(f"{url}/{name}", tmp_path / "out" / name, name)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(("light", "kept"), [(SKY, True), (b"cloud", False)])
def test_a_tile_of_des_is_checked(project, archive, light, kept):
    """Only bytes with the sum of the list stay; the log has both sums."""
    served, _ = archive
    (served / "tiles" / TILE.parent).mkdir(parents=True)
    (served / "tiles" / TILE).write_bytes(light)
    place = Path("data/downloads/clusters/tiles") / TILE
    done = fetch(project, str(place), check=False)
    assert (done.returncode == 0) == (project / place).is_file() == kept
    log = next((project / "logs").rglob("retrieve_des_tile/*.log")).read_text()
    assert sha256(light).hexdigest() in log


def test_a_run_without_any_image_says_what_to_do(project):
    """Nothing starts; the key, a file and the rule that downloads are named."""
    done = fetch(project, "builder_all", check=False)
    assert done.returncode != 0
    assert "builder.paths.subject_data" in done.stdout
    assert "snakemake --cores 4 builder_retrieve_subjects, with" in done.stdout
    assert not (project / "results").exists()


def test_downloads_lie_where_data_are_looked_for(project, tmp_path):
    """With SKYLOOM_DATA set, blanks and all, what was fetched is found by the run."""
    data = tmp_path / "else where"
    shutil.move(project / "data", data)
    fetch(project, "builder_retrieve_subjects", SKYLOOM_DATA=str(data))
    assert (data / "downloads/builder/subject_data/8/difference.json").is_file()
    fetch(project, "-n", "builder_all", SKYLOOM_DATA=str(data))
