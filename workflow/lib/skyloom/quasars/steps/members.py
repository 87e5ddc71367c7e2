"""Members of an ensemble: trained in groups, each written with all it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from skyloom.quasars.ensemble.bootstrap import draw, held_out, save_draw
from skyloom.quasars.ensemble.members import member_seed
from skyloom.quasars.ensemble.sample import Labelled, read_labelled
from skyloom.quasars.ensemble.trainers import Task, train
from skyloom.quasars.network.files import save_member
from skyloom.quasars.settings import architecture, training
from skyloom.run.provenance import Recipe


def groups_of(
    networks: Iterable[str], draws: Iterable[str], size: int
) -> dict[int, dict[str, str]]:
    """Return the files of members that are trained together, by the first of them.

    Parameters
    ----------
    networks, draws : iterable of path
        ``net_{i}.keras`` and ``net_{i}.npz`` of the same members.
    size : int
        Members to a group.
    """
    named = {int(Path(p).stem.removeprefix("net_")): p for p in networks}
    drawn = {int(Path(p).stem.removeprefix("net_")): p for p in draws}
    order = sorted(named)
    return {
        order[start]: {
            label: path
            for i in order[start : start + size]
            for label, path in ((f"net_{i}", named[i]), (f"draw_{i}", drawn[i]))
        }
        for start in range(0, len(order), size)
    }


class Training:
    """Trains groups of members on one labelled sample, read once.

    Parameters
    ----------
    stores : sequence of path
        Spectra.
    labels : path
        Truth of their targets.
    recipe : Recipe
        Of the rule; its settings have the sections ``network``, ``train`` and
        ``ensemble``, ``grid`` and ``seed``.
    """

    def __init__(self, stores: Sequence[str], labels: str, recipe: Recipe):
        self.recipe = recipe
        self.inputs = [*stores, labels]
        self.stores, self.labels = list(stores), labels
        self._read: tuple[Labelled, np.ndarray, Task] | None = None

    def __call__(self, first: int, paths: Mapping[str, Path]) -> dict:
        """Train the group whose first member is `first`; write networks and draws."""
        known, held, task = self._sample()
        settings = self.recipe.settings
        members = sorted(
            int(label.removeprefix("net_")) for label in paths if label[0] == "n"
        )
        # Rounds start from the same weights: they differ by their labels alone.
        seed = settings["seed"]
        single = settings["ensemble"]["single_exposure"]
        stratum = known.truth["klass"].to_numpy()
        drawn = [
            draw(known.targetid, stratum, ~held, seed, i, single_exposure=single)
            for i in members
        ]
        seeds = [member_seed(seed, i) for i in members]
        trained = train(task, seeds, drawn)
        about = {"provenance": self.recipe.record(self.inputs), "settings": settings}
        for i, one, (network, history) in zip(members, drawn, trained, strict=True):
            own = {"member": i, "history": history}
            save_member(paths[f"net_{i}"], network, about | own)
            save_draw(paths[f"draw_{i}"], one)
        return {"members": members}

    def _sample(self) -> tuple[Labelled, np.ndarray, Task]:
        if self._read is None:
            settings = self.recipe.settings
            ensemble = settings["ensemble"]
            arch = architecture(settings["network"], settings["grid"])
            known = read_labelled(self.stores, self.labels, arch)
            held = held_out(known.targetid, ensemble["held_out"], settings["seed"])
            data = known.training(arch)
            some = data.rows(np.flatnonzero(held)) if held.any() else None
            task = Task(
                data,
                some,
                arch,
                training(settings["train"]),
                ensemble["trainer"],
                ensemble["device"],
            )
            self._read = known, held, task
        return self._read
