"""The judgement of a map of galaxies, on classes that it was not shown."""

import json

import numpy as np
import pytest
import small_fingerprints as small
from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.spectra.galaxy_map import evaluation, figures
from skyloom.spectra.galaxy_map.model import placed
from skyloom.spectra.rest.files import table_of
from skyloom.spectra.tasks.galaxy_map import truth_of


@pytest.fixture(scope="module")
def case():
    """Return a map, fingerprints and their truth."""
    prints, truth = small.fingerprints(150)
    return placed(small.galaxy_map(prints), prints.shares), prints, truth


@pytest.fixture(scope="module")
def judged(case):
    """Return the judgement."""
    return evaluation.evaluate(*case, 3)


def test_map_tells_the_classes_that_fingerprints_have(judged):
    """On galaxies that it was not trained on; a class by lot is not told."""
    for part in ("test", "all"):
        classes = judged[part]["classes"]
        assert classes["galaxy_class"]["map"]["ami"] > 0.5
        assert classes["galaxy_class"]["map"]["p"] < 0.001
        assert classes["history"]["map"]["p"] < 0.001
        assert classes["gradient"]["map"]["p"] > 0.01
    assert judged["galaxies"]["train"] + judged["galaxies"]["test"] == 149


def test_baselines_have_as_many_groups(judged):
    """Fitted on training galaxies; labels not known everywhere are left out."""
    kinds = judged["test"]["classes"]["galaxy_class"]
    assert set(kinds) == {"map", "pca_kmeans", "mean_labels"}
    assert all(one["groups"] <= judged["test"]["groups"] for one in kinds.values())
    assert kinds["pca_kmeans"]["ami"] > 0.5


def test_systematics_that_are_not_there_are_not_found(judged):
    """Inclination is the truth's; an unknown number of fibres would be left out."""
    found = judged["all"]["systematics"]
    assert set(found) == {"inclination", "fibres", "meansn2", "redshift"}
    assert all(one["p"] > 0.001 for one in found.values())
    assert judged["all"]["outliers"]["fibres"]["p"] > 0.01


def test_systematics_that_are_there_are_found(case):
    """The map of a survey whose S/N goes with the class."""
    made, prints, truth = case
    info = prints.info.assign(meansn2=prints.shares[:, :6].sum(axis=1))
    found = evaluation.evaluate(
        made, type(prints)(prints.shares, info, prints.layout), truth, 3
    )
    assert found["all"]["systematics"]["meansn2"]["eta2"] > 0.5
    assert found["all"]["systematics"]["meansn2"]["p"] < 0.001


def test_judgement_is_plain_and_the_same_each_time(case, judged):
    """Same seed, same numbers."""
    again = evaluation.evaluate(*case, 3)
    assert json.dumps(plain(again)) == json.dumps(plain(judged))


def test_without_truth_systematics_are_left(case):
    """Real galaxies have no classes of truth."""
    made, prints, _ = case
    found = evaluation.evaluate(made, prints, None, 3)
    assert found["all"]["classes"] == {}
    assert found["all"]["systematics"]["inclination"]["eta2"] is None


def test_few_galaxies_are_not_judged(case):
    """Twenty test galaxies at least."""
    made, prints, truth = case
    few = (prints.info["split"] == "train") | (np.arange(len(prints.info)) < 20)
    made = placed(small.galaxy_map(prints), prints.shares[few])
    some = type(prints)(
        prints.shares[few], prints.info[few].reset_index(drop=True), prints.layout
    )
    assert evaluation.evaluate(made, some, truth, 3)["test"] is None


def test_prototypes_are_put_together_by_their_likeness(case):
    """Units of one group are nearer to each other than to the rest."""
    made = case[0]
    groups = evaluation.unit_groups(made, 3)
    assert sorted(set(groups)) == [0, 1, 2]
    units = made.som.prototypes
    apart = np.linalg.norm(units[:, None] - units[None], axis=2)
    same = groups[:, None] == groups
    np.fill_diagonal(same, val=False)
    assert apart[same].mean() < 0.7 * apart[groups[:, None] != groups].mean()
    assert evaluation.n_groups(10, 100) == 2
    assert evaluation.n_groups(4000, 100) == 100


def test_figures_of_the_judgement(case, judged, tmp_path):
    """Each can be drawn, and the mosaic has all prototypes."""
    made, prints, truth = case
    assert figures.mosaic(made).shape == (3 * 5 - 1, 4 * 6 - 1)
    drawn = [
        figures.prototypes(made),
        figures.classes_told_apart(judged["test"]),
        figures.systematics(judged["test"]),
        figures.outlier_rates(judged["test"]),
    ]
    for k, figure in enumerate(drawn):
        figures.style.save(figure, tmp_path / f"{k}.png", dpi=60)
    classes = prints.info.merge(truth, on="plateifu")["galaxy_class"]
    some = made.unit >= 0
    counts = figures.counts_by(made, made.unit[some], classes[some])
    assert sum(one.sum() for one in counts.values()) == len(prints.info) - 1
    assert set(counts) == set(small.CLASSES)


def test_truth_is_read_of_all_chunks(case, tmp_path):
    """One row a galaxy, though files may have one a spectrum."""
    truth = case[2]
    paths = []
    for k, part in enumerate((truth[:70], truth[60:])):
        paths.append(tmp_path / f"truth{k}.fits")
        table_of(part).write(paths[-1])
    found = truth_of(paths)
    assert sorted(found["plateifu"]) == sorted(truth["plateifu"])
    assert found["galaxy_class"].tolist()[:3] == truth["galaxy_class"].tolist()[:3]
    assert truth_of([]) is None
    table_of(truth.drop(columns="gradient")).write(paths[0], overwrite=True)
    with pytest.raises(InputError, match="no column gradient"):
        truth_of(paths)
