"""Members trained in groups: repeatable, resumable, blind to what is held out."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.quasars.ensemble.bootstrap import held_out, read_draw
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.simulation.sample import write_sample
from skyloom.quasars.spectra.grid import LINEAR
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import read_truth, write_truth
from skyloom.quasars.tasks.training import Training, files_of
from skyloom.run import batch
from skyloom.run.provenance import Recipe
from small_quasars import BRIGHT, SEED, SHAPE, config, read_about

SHARE = 0.2
QUICK = {"epochs": 1, "batch": 32, "rate": 1e-3, "momentum": 0.8}


def recipe(**ensemble) -> Recipe:
    given = {"held_out": SHARE} | ensemble
    sections = {"network": SHAPE, "train": QUICK, "ensemble": given}
    whole = config(**sections)
    names = ("network", "train", "ensemble", "seed")
    return Recipe({name: whole[name] for name in names}, "c0de")


def write_linear(folder) -> SimpleNamespace:
    """Write a sample on the linear grid."""
    sample = SimpleNamespace(store=folder / "training.h5", labels=folder / "l.csv")
    write_sample(sample.store, sample.labels, 9, 0.0, BRIGHT, LINEAR, SEED)
    return sample


def places(folder, members):
    networks = [str(folder / f"net_{i}.keras") for i in members]
    draws = [str(folder / f"net_{i}.npz") for i in members]
    return files_of(networks, draws)


def trained(sample, folder, members=(0, 1), labels=None, **options):
    """Train members one by one; return the folder."""
    folder.mkdir()
    train = Training([sample.store], labels or sample.labels, recipe(**options))
    for i, paths in places(folder, members).items():
        train(i, paths)
    return folder


@pytest.fixture(scope="module")
def members(small_sample, tmp_path_factory):
    """Return the folder of two members."""
    return trained(small_sample, tmp_path_factory.mktemp("members") / "a")


def same(one, other):
    """Return whether two networks have the same weights to the bit."""
    both = [read_parameters(path).arrays for path in (one, other)]
    return all(np.array_equal(both[0][k], both[1][k]) for k in both[0])


def test_files_are_in_the_order_of_numbers(tmp_path):
    """Network and draw of each member, the tenth after the ninth."""
    files = places(tmp_path, [10, 9])
    assert list(files) == [9, 10]
    assert files[10] == {
        "net": str(tmp_path / "net_10.keras"),
        "draw": str(tmp_path / "net_10.npz"),
    }


def test_same_seed_same_bytes(small_sample, members, tmp_path):
    """Two trainings write the same files, in whatever company; members differ."""
    assert not same(members / "net_0.keras", members / "net_1.keras")
    alone = trained(small_sample, tmp_path / "c", members=[1])
    for name in ("net_1.keras", "net_1.npz"):
        assert (members / name).read_bytes() == (alone / name).read_bytes()


def test_a_member_knows_what_it_is_made_of(small_sample, members):
    """Its number, its history, its settings and the checksums of its inputs."""
    about = read_about(members / "net_1.keras")
    assert about["member"] == 1
    assert [entry["epoch"] for entry in about["history"]] == [0]
    assert about["settings"] == recipe().settings
    made_from = about["provenance"]["inputs"]
    assert set(made_from) == {small_sample.store.name, small_sample.labels.name}


def test_what_a_member_has_not_seen(small_sample, members):
    """Rows and unseen share no target; held-out targets are in neither."""
    with Store(small_sample.store) as store:
        ids = store.meta["targetid"].to_numpy()
    held = set(ids[held_out(ids, SHARE, SEED)])
    assert held
    for i in range(2):
        drawn = read_draw(members / f"net_{i}.npz")
        seen, unseen = set(ids[drawn.rows]), set(ids[drawn.unseen])
        assert unseen
        assert not seen & unseen
        assert not held & (seen | unseen)
        assert seen | unseen | held == set(ids)


def test_more_labels_other_weights(small_sample, members, tmp_path):
    """The next round starts alike, learns from more, and ends elsewhere."""
    labels = tmp_path / "round2.csv"
    truth = read_truth(small_sample.labels)
    write_truth(labels, truth[:-5])
    other = trained(small_sample, tmp_path / "o", members=[0], labels=labels)
    assert not same(members / "net_0.keras", other / "net_0.keras")


class Killed(Training):
    """A training that stops at its second member."""

    def __call__(self, first, paths):
        """Train the first member only."""
        if first == 1:
            msg = "killed"
            raise RuntimeError(msg)
        return super().__call__(first, paths)


class Counting(Training):
    """A training that notes what it is asked for."""

    def __call__(self, first, paths):
        """Note, then train."""
        self.asked = [*getattr(self, "asked", []), first]
        return super().__call__(first, paths)


def test_a_training_goes_on_where_it_stopped(small_sample, members, tmp_path):
    """The second attempt trains the missing member; both are as if never stopped."""
    groups = places(tmp_path / "out", range(2))
    given = [small_sample.store], small_sample.labels, recipe()
    how = {"store": tmp_path / "work", "key": "k", "threads": 1, "files": groups}
    with pytest.raises(batch.BatchError, match=r"1 of 2 failed: 1 .*killed"):
        batch.each(groups, Killed(*given), **how)
    assert not (tmp_path / "out").exists()
    second = Counting(*given)
    assert batch.each(groups, second, **how)[0] == {"member": 0}
    assert second.asked == [1]
    for name in ("net_0.keras", "net_0.npz", "net_1.keras", "net_1.npz"):
        one, other = (members / name, tmp_path / "out" / name)
        assert one.read_bytes() == other.read_bytes()


def test_a_store_on_another_grid_is_refused(tmp_path):
    """It is named."""
    linear = write_linear(tmp_path)
    expected = r"training\.h5: on Grid\(.*make the spectra again"
    with pytest.raises(InputError, match=expected):
        trained(linear, tmp_path / "x")


def test_labels_of_other_targets_are_refused(small_sample, tmp_path):
    """The table of labels is named."""
    labels = tmp_path / "round1.csv"
    truth = read_truth(small_sample.labels)
    write_truth(labels, truth.assign(targetid=np.arange(len(truth))))
    expected = r"round1\.csv: labels none of the spectra; expected a target of the sp"
    with pytest.raises(InputError, match=expected):
        trained(small_sample, tmp_path / "x", labels=labels)


def test_damaged_labels_are_refused(small_sample, tmp_path):
    """File and row."""
    labels = tmp_path / "round1.csv"
    truth = pd.read_csv(small_sample.labels)
    truth.loc[3, "bal"] = 7
    truth.to_csv(labels, index=False)
    with pytest.raises(InputError, match=r"round1\.csv: row 5.*bal"):
        trained(small_sample, tmp_path / "x", labels=labels)
