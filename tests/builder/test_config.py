"""Contradictions of the configuration are refused, odd but sound settings pass."""

from __future__ import annotations

import pytest
from skyloom.builder.config import Config
from skyloom.run.config import ConfigError, checked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chunks": 0}, "chunks: got 0"),
        ({"source": "sky"}, "source: got 'sky'"),
        ({"tune": {"max_evaluations": 0}}, "tune.max_evaluations: got 0"),
        ({"winding": {"lower": 50.0, "upper": 15.0}}, "expected lower < upper"),
        ({"pitch": {"rhat_max": 1.0}}, "pitch.rhat_max: got 1.0"),
        ({"aggregate": {"bar": {"eps": 1.2}}}, "aggregate.bar.eps: got 1.2"),
        ({"agregate": {}}, "did you mean aggregate?"),
        ({"sample": {"subject_ids": [7, 7]}}, "names a subject twice"),
        ({"simulate": {"size": [150, 90]}}, "size: got 150 to 90"),
        (
            {"simulate": {"n_subjects": 3, "n_repeats": 4}},
            "got n_repeats = 4, n_subjects = 3; expected n_repeats <= n_subjects",
        ),
        ({"paths": {"models": "m/1.json"}}, "{subject} is missing from paths.models"),
        (
            {"paths": {"images": "1.npz"}, "sample": {"subject_ids": [1, 2]}},
            "{subject} is missing",
        ),
        (
            {"paths": {"subject_data": "a/{id}.json"}},
            "no { } < > in a path, but {subject}",
        ),
        ({"paths": {"fitting_data": "a"}}, "put {subject} where the id stands, with"),
        (
            {"source": "upstream", "paths": {"images": "{subject}.npz"}},
            "source upstream needs builder.paths.models, builder.paths.gal_metadata, "
            "builder.sample.sheet (or subject_ids)",
        ),
        (
            {"source": "zooniverse", "sample": {"subject_ids": [1]}},
            "source zooniverse needs builder.paths.classifications",
        ),
    ],
)
def test_contradictions_are_refused(change, said):
    """A wrong value is named with its key and with what was expected."""
    with pytest.raises(ConfigError) as caught:
        checked(Config, change)
    assert said in str(caught.value)


def test_a_sheet_or_a_list(tmp_path, monkeypatch):
    """Both at once leave open which counts."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "a.csv").touch()
    with pytest.raises(ConfigError, match="both a sheet and a list of subject_ids"):
        checked(Config, {"sample": {"sheet": "a.csv", "subject_ids": [1]}})


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"simulate": {"size": [64, 64]}},
        {"simulate": {"n_subjects": 3, "n_repeats": 3}},
        {"winding": {"lower": 10.0, "upper": 18.0}},
        {"paths": {"models": "m/{subject}.json"}},
        {"paths": {"subject_data": "one.json"}, "sample": {"subject_ids": [7]}},
    ],
    ids=str,
)
def test_odd_but_sound_settings_pass(change):
    """What a run can follow is not refused; one subject needs no pattern."""
    assert checked(Config, change)
