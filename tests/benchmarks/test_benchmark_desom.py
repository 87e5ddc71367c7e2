"""Speed of a step of DESOM against the reference algorithm, at the same loss.

Both start from the same weights and learn from the same batches in one process on one
core, with the same networks; the reference finds best-matching units in a pass of its
own.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from skyloom.som.grid import grid_distances
from upstream_desom import Reference, Schedule, perceptron

pytestmark = pytest.mark.benchmark
ROUNDS, STEPS = 3, 8


def _network(kind: str, pixels: int, latent: int):
    from skyloom.spectra.desom.autoencoders import build

    if kind == "published":
        return perceptron(pixels, latent)
    return build(kind, pixels, latent)


@pytest.mark.parametrize(
    ("kind", "pixels", "latent", "side", "batch", "goal"),
    [
        pytest.param("published", 256, 10, 8, 256, 2, id="published perceptron, 8x8"),
        pytest.param("mlp", 4544, 256, 15, 128, 2, id="mlp of spectra, 15x15"),
        # Convolutions take most of a step, and a pass forward is a third of it.
        pytest.param("conv_small", 4544, 256, 15, 128, 1.5, id="conv_small, 15x15"),
    ],
)
def test_step_is_faster_at_the_same_loss(
    kind, pixels, latent, side, batch, goal, record_property
):
    """Losses agree, so that both do the same work."""
    from skyloom.spectra.desom import model
    from skyloom.spectra.desom.autoencoders import keras, seeded

    lot = np.random.default_rng(1)
    x = lot.normal(1, 0.3, (batch, pixels)).astype(np.float32)
    gamma, heat = 1e-3, 2.0
    seeded(1)
    theirs = Reference(
        _network(kind, pixels, latent),
        (side, side),
        Schedule(10**9, batch, heat, heat, gamma),
    )
    seeded(1)
    apart = grid_distances((side, side), "sheet", "legacy")
    ours = model.Desom(*_network(kind, pixels, latent), apart, model.squared_residual)
    ours.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    starts = lot.normal(0, 0.3, (side * side, latent)).astype(np.float32)
    theirs.layer.prototypes.assign(starts)
    ours.lay(starts)
    column = np.ones((batch, 1), np.float32)
    aims = {"gamma": gamma * column, "temperature": heat * column}
    losses = np.array(
        [
            (float(ours.train_on_batch(x, aims)), float(theirs.step(x, 0)[0]))
            for _ in range(5)
        ]
    )
    np.testing.assert_allclose(losses[:, 0], losses[:, 1], rtol=2e-3)

    def seconds(step) -> float:
        begin = time.process_time()
        for _ in range(STEPS):
            step()
        return (time.process_time() - begin) / STEPS

    def published(batch):
        return theirs.model.predict(batch, batch_size=len(batch), verbose=0)

    steps = (
        lambda: ours.train_on_batch(x, aims),
        lambda: theirs.step(x, 0, search=published),
        lambda: theirs.step(x, 0),
    )
    published(x)  # its first call compiles
    best = np.min([[seconds(step) for step in steps] for _ in range(ROUNDS)], axis=0)
    ratios = best[1:] / best[0]
    record_property("ratios", ratios.tolist())
    print(
        f"desom {kind}: {1e3 * best[0]:.1f} ms a step of {batch}; reference "
        f"{ratios[0]:.2f} times as much, {ratios[1]:.2f} with predict_on_batch"
    )
    assert ratios[0] >= goal
