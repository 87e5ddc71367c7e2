"""Region and GALFIT files of one subject, from its products."""

import invented_galaxy
import pytest
from skyloom.builder.tasks.exports import export_subject
from skyloom.io.documents import write_json
from skyloom.run.provenance import Recipe


@pytest.fixture
def exported(tmp_path):
    """Return what is written of a subject whose model is this."""

    def write(fit):
        given = {"cutouts": invented_galaxy.cutouts(tmp_path)[0]}
        trees = {"models": fit, "aggregates": invented_galaxy.aggregate()}
        for kind, tree in trees.items():
            given[kind] = tmp_path / f"{kind}.json"
            write_json(given[kind], tree)
        paths = {kind: tmp_path / kind for kind in ("regions", "galfit")}
        files = {kind: {7: path} for kind, path in given.items()}
        export_subject(7, paths, files=files, recipe=Recipe({}, "c0de"))
        return [path.read_text() for path in paths.values()]

    return write


def test_files_hold_the_chosen_set(exported):
    """A component that the crowd has and the chosen set lacks is in neither."""
    tree = invented_galaxy.tuned(flux={"disk": 400.0}, flux_covariance=[[16.0]])
    tree["model"] |= {"bulge": None, "bar": None, "spiral": []}
    regions, galfit = exported(invented_galaxy.chosen(tree))
    assert "ellipse(" in regions
    assert "box(" not in regions
    assert galfit.count(" 0) sersic") == 1
    for text in (regions, galfit):
        assert "# the chosen set, disk; the catalogue has means" in text
        assert "components\n# code c0de\n" in text


def test_the_crowd_stands_in_for_a_lost_fit_and_is_said_to(exported):
    """Whoever opens the file sees that this is no fit."""
    for text in exported(invented_galaxy.failed("too few pixels")):
        assert "# the crowd's, as no fit: too few pixels\n" in text
    regions, _ = exported(invented_galaxy.failed("dark"))
    assert "box(" in regions
