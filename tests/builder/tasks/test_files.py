"""Which of a rule's files belongs to which subject."""

import pytest
from skyloom.builder.tasks.files import by_subject, declared, products


def test_subject_is_the_name_up_to_the_first_dot():
    """Suffixes may be several."""
    paths = ["a/7.json.gz", "b/12.npz"]
    assert by_subject(paths) == {7: paths[0], 12: paths[1]}


def test_a_declared_file_counts_though_it_is_out_of_reach():
    """What a job was given is not looked for again; what it was not given is not."""
    given = ["/data/./7/image.npz", "/data/9/image.npz"]
    found = declared("/data/{subject}/image.npz", [7, 8], given)
    assert found == {7: "/data/7/image.npz"}
    assert declared(None, [7], given) == {}


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
