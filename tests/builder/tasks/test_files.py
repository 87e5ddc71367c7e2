"""Which of a rule's files belongs to which subject."""

import pytest
from skyloom.builder.tasks.files import by_subject, products


def test_subject_is_the_name_up_to_the_first_dot():
    """Suffixes may be several."""
    paths = ["a/7.json.gz", "b/12.npz"]
    assert by_subject(paths) == {7: paths[0], 12: paths[1]}


def test_products_pair_the_lists():
    """Each subject gets one path a kind."""
    files = products(pdf=["1.pdf", "2.pdf"], png=["2.png", "1.png"])
    assert files == {1: {"pdf": "1.pdf", "png": "1.png"}} | {
        2: {"pdf": "2.pdf", "png": "2.png"}
    }


def test_products_must_name_the_same_subjects():
    """A list that lacks a subject is a bug of the rule."""
    with pytest.raises(ValueError, match="pdf, png: not the same subjects"):
        products(pdf=["1.pdf"], png=["2.png"])
