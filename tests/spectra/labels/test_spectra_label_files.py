"""The file of labels: the same labels again, or a refusal."""

import json

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.spectra.labels.files import read_labels, write_labels
from skyloom.spectra.labels.model import estimate


@pytest.fixture
def file(labels, tmp_path):
    path = tmp_path / "labels.npz"
    write_labels(path, labels)
    return path


def test_labels_are_the_same_again(survey, labels, file, tmp_path):
    _, unseen, made = survey
    found = read_labels(file)
    assert list(found.labels) == list(labels.labels)
    assert (found.map, found.width) == (made.digest, labels.width)
    assert found.about == json.loads(json.dumps(labels.about))
    new = unseen.flux[:30], unseen.ivar[:30]
    one, two = (estimate(m, made, *new) for m in (labels, found))
    for part in ("lower", "median", "upper", "bmu", "distance"):
        np.testing.assert_array_equal(getattr(one, part), getattr(two, part))
    write_labels(tmp_path / "again.npz", found)
    assert (tmp_path / "again.npz").read_bytes() == file.read_bytes()


def without(arrays):
    del arrays["planes"]


def one_label_less(arrays):
    arrays["names"] = arrays["names"][:-1]


def not_finite(arrays):
    arrays["planes"][0, 0, 0] = np.nan


def other_pixels(arrays):
    arrays["mean"] = arrays["mean"][:-1]


def of_text(arrays):
    arrays["stretch"] = arrays["stretch"].astype(str)


def fewer_units(arrays):
    arrays["shape"] = arrays["shape"][:, 1:]


def no_json(arrays):
    arrays["about"] = np.array("{")


CASES = {
    without: "'planes': missing array",
    one_label_less: r"'planes': shape \(3",
    not_finite: "'planes': values that are not finite",
    other_pixels: "'mean': shape",
    of_text: "'stretch': dtype",
    fewer_units: "'shape': shape",
    no_json: "about",
}


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_a_damaged_file_is_refused(change, file):
    arrays = read_npz(file)
    change(arrays)
    write_npz(file, **arrays)
    with pytest.raises(InputError, match=CASES[change]) as caught:
        read_labels(file)
    assert str(file) in str(caught.value)


def test_a_file_cut_short_is_refused(file):
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(InputError, match="not a readable npz"):
        read_labels(file)
