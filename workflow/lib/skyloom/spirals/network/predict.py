"""What a trained network says of pictures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from skyloom.learn.devices import require_gpu
from skyloom.spirals.dataset.images import HEADS
from skyloom.spirals.dataset.turn import central, looked
from skyloom.spirals.network.calibrate import calibrated
from skyloom.spirals.network.files import Model

BATCH = 32


class Predictions(NamedTuple):
    """Of n pictures; NaN of what the network was not trained for.

    Attributes
    ----------
    mean, std : ndarray of float32, shape (n, 2, size, size)
        Share of volunteers that draw each pixel of a spiral arm and of a bar, and how
        much it is uncertain. Of the middle of the picture, ``settings.crop`` of its
        side, on ``settings.size`` pixels.
    concentrations : ndarray of float32, shape (n, answers)
        Of the votes, calibrated.
    """

    mean: np.ndarray
    std: np.ndarray
    concentrations: np.ndarray


@torch.no_grad()
def predict(
    model: Model, images: np.ndarray, *, batch: int = BATCH, device: str = "cpu"
) -> Predictions:
    """Return maps and votes of square pictures, uint8 (n, side, side, 3), row 0 south.

    ValueError for another shape, RuntimeError for a GPU that is not there.
    """
    require_gpu("torch", "spirals.predict.device", device)
    images = np.asarray(images)
    square = images.ndim == 4 and images.shape[1] == images.shape[2]
    if not square or images.shape[3] != 3 or images.dtype != np.uint8:
        msg = f"pictures of {images.dtype}, shape {images.shape}: expected uint8, "
        raise ValueError(msg + "(n, side, side, 3)")
    net, found = model.net.to(device).eval(), []
    for i in range(0, len(images), batch):
        some = torch.tensor(images[i : i + batch].transpose(0, 3, 1, 2)) / 255
        theta = central(len(some), model.settings.crop)
        features = net.encode(looked(some, theta, model.settings.size).to(device))
        maps = net.decode(features)
        found.append([x.cpu() for x in (maps.mean, maps.std, net.vote(features))])
    if not found:
        side, answers = model.settings.size, net.vote_head.out_features
        found = [[torch.zeros(0, 2, side, side)] * 2 + [torch.zeros(0, answers)]]
    mean, std, own = (torch.cat(part) for part in zip(*found, strict=True))
    own = calibrated(own, model.calibration.get("votes", {}))
    masks, votes = HEADS.get(model.training.get("heads", "joint"), (False, False))
    kept = zip((mean, std, own), (masks, masks, votes), strict=True)
    return Predictions(*((x if good else x * torch.nan).numpy() for x, good in kept))
