"""Members of an ensemble: trained, and each written with all it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from skyloom.quasars.config_training import Ensemble, Network, Train
from skyloom.quasars.ensemble.bootstrap import draw, held_out, member_seed, save_draw
from skyloom.quasars.ensemble.data import Labelled, read_labelled
from skyloom.quasars.ensemble.train import Trainer
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.model import save_member
from skyloom.run.provenance import Recipe


def files_of(networks: Sequence[str], draws: Sequence[str]) -> dict[int, dict]:
    """Return the files ``net`` and ``draw`` of each member, by its number.

    `networks` and `draws` are ``net_{i}.keras`` and ``net_{i}.npz`` of the same
    members, in the same order.
    """
    named = {
        int(Path(net).stem.removeprefix("net_")): {"net": net, "draw": drawn}
        for net, drawn in zip(networks, draws, strict=True)
    }
    return dict(sorted(named.items()))


class Training:
    """Trains groups of members on one labelled sample, read once.

    The settings of `recipe` have the sections ``network``, ``train`` and ``ensemble``,
    and ``seed``; `labels` is the truth of the targets of `stores`, `device` is that
    of `skyloom.quasars.ensemble.train.Trainer`.
    """

    def __init__(
        self,
        stores: Sequence[str],
        labels: str,
        recipe: Recipe,
        device: str = "cpu",
    ):
        self.recipe, self.device = recipe, device
        self.inputs = [*stores, labels]

    def __call__(self, member: int, paths: Mapping[str, Path]) -> dict:
        """Train a member; write its network and its draw."""
        known, held, train = self._sample
        settings = self.recipe.settings
        # Rounds start from the same weights: they differ by their labels alone.
        seed = settings["seed"]
        single = Ensemble.stated(settings["ensemble"]).single_exposure
        stratum = known.truth["klass"].to_numpy()
        drawn = draw(
            known.targetid, stratum, ~held, seed, member, single_exposure=single
        )
        network, history = train(member_seed(seed, member), drawn.rows)
        about = {"provenance": self.recipe.record(self.inputs), "settings": settings}
        about |= {"member": member, "history": history}
        save_member(paths["net"], network, about)
        save_draw(paths["draw"], drawn)
        return {"member": member}

    @cached_property
    def _sample(self) -> tuple[Labelled, np.ndarray, Trainer]:
        settings = self.recipe.settings
        ensemble = Ensemble.stated(settings["ensemble"])
        arch = Architecture(**dict(Network.stated(settings["network"])))
        known = read_labelled(self.inputs[:-1], self.inputs[-1], arch)
        held = held_out(known.targetid, ensemble.held_out, settings["seed"])
        how = Train.stated(settings["train"])
        return known, held, Trainer(known.training(arch), arch, how, self.device)
