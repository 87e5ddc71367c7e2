"""Settings that do not fit each other."""

from __future__ import annotations

import pytest
from skyloom.run.config import ConfigError
from small_clusters import section


def test_defaults_agree():
    """What nobody changed is not refused."""
    section()


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"tile_size": 256, "pool": 1}, "network": {"widths": [8] * 8}},
        {"data": {"tile_size": 8}, "network": {"widths": [8], "blocks": []}},
        {"survey": {"window": 640, "step": 640, "shifts": 8}},
        {"simulate": {"fields": {"number": 0, "image_size": 1001}}},
        {"train": {"accelerator": "gpu", "devices": 2}},
    ],
    ids=str,
)
def test_odd_but_sound_settings_pass(change):
    """What a run can follow is not refused."""
    section(**change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"data": {"tile_size": 8, "pool": 8}, "network": {"widths": [8]}},
            r"tile_size is 8 px and clusters\.data\.pool 8 px: a tile has f",
        ),
        (
            {"simulate": {"fields": {"image_size": 1000}}},
            r"image_size is 1000 px, no multiple of clusters\.data\.tile_size, 64 px",
        ),
        (
            {"network": {"widths": [8] * 5}},
            r"network\.widths names 5 stages, but from 16 .* there are 4 halvings",
        ),
        (
            {"network": {"blocks": [1] * 5}},
            r"network\.blocks names 5 stages",
        ),
        ({"survey": {"window": 2500}}, r"window is 2500 px, no multiple of .*, 64 px"),
        (
            {"survey": {"step": 2561}},
            r"step is 2561 px, more than clusters\.survey\.window, 2560 px",
        ),
        ({"survey": {"step": 2478}}, r"step is 2478 px, no multiple of .*pool, 4 px"),
        (
            {
                "data": {"tile_size": 16},
                "survey": {"shifts": 4},
                "network": {"widths": [8], "blocks": []},
            },
            r"shifts is 4: windows would move by parts of 4 pooled px",
        ),
        (
            {"simulate": {"survey": {"halos": {"redshifts": [0.95, 1.2]}}}},
            r"survey\.halos\.redshifts is \[0\.95, 1\.2\], but .* \[0\.1, 0\.9\]",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_contradictions_are_refused(change, said):
    """Keys, values and what to do are named."""
    with pytest.raises(ConfigError, match=said):
        section(**change)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Return the name of a file, and of a folder, of the data."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "a.fits").touch()
    (tmp_path / "tiles").mkdir()
    return "a.fits", "tiles"


def given(files, *keys, **others) -> dict:
    """Return changes with some paths set."""
    paths = {key: files[key == "survey"] for key in keys}
    return {"paths": paths, **others}


@pytest.mark.parametrize(
    ("keys", "others", "said"),
    [
        (["survey"], {}, r"survey is 'tiles', but clusters\.source is simulated"),
        (["survey_sheet"], {}, r"survey_sheet is 'a\.fits', but .*source to files"),
        (["survey_truth"], {}, r"survey_truth is 'a\.fits', but .*path to null"),
        (
            ["survey", "survey_sheet"],
            {"source": "files"},
            r"survey is 'tiles' and .*survey_sheet 'a\.fits': .*other to null",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_files_that_nothing_reads_are_refused(files, keys, others, said):
    """Whoever names a file wants it read."""
    with pytest.raises(ConfigError, match=said) as caught:
        section(**given(files, *keys, **others))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("keys", "others"),
    [
        (["survey", "survey_truth"], {"source": "files"}),
        (["survey_sheet"], {"source": "files"}),
        (["list"], {}),
    ],
    ids=str,
)
def test_files_that_are_read_pass(files, keys, others):
    """By the survey, or where fields are drawn."""
    section(**given(files, *keys, **others))


def test_all_contradictions_at_once():
    """One message names them all."""
    bad = {"survey": {"window": 2500, "step": 2502}}
    with pytest.raises(ConfigError) as caught:
        section(**bad)
    assert len(str(caught.value).splitlines()) == 4
