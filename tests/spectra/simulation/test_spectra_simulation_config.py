"""What a configuration of the simulated survey may say."""

import pytest
from skyloom.run.areas import validated
from skyloom.run.config import ConfigError


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"fibres": []}, "fibres"),
        ({"fibres": [7]}, "fibres"),
        ({"fibres": [19, 19]}, "twice"),
        ({"redshift": [0.1, 0.05]}, "redshift"),
        ({"redshift": [0.0, 0.1]}, "redshift"),
        ({"redshift": [0.01, 0.3]}, "redshift"),
        ({"sn": [50, 5]}, "sn"),
        ({"sn": [0, 5]}, "sn"),
        ({"galaxies": 1}, "galaxies"),
        ({"spectra": 2}, "spectra"),
        ({"cubes": -1}, "cubes"),
        ({"cubes": "one"}, "cubes"),
    ],
)
def test_a_survey_that_cannot_be_is_refused(section, words, tmp_path, monkeypatch):
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    with pytest.raises(ConfigError, match=words):
        validated({"areas": ["spectra"], "spectra": {"simulate": section}})
