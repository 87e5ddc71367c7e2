"""The shape of a network: everything but its weights."""

from __future__ import annotations

from dataclasses import dataclass, fields

from skyloom.quasars.network.lines import DEFAULT_BAL, DEFAULT_LINES, N_BOXES, Heads
from skyloom.quasars.spectra.grid import LOG, Grid

OFFSETS = (-0.1, 1.1)  # what the rescaled sigmoid of an offset spans [boxes]
FIRST_PADDED = 6  # from this depth on, "valid" convolutions would leave no pixels


@dataclass(frozen=True)
class Architecture:
    """A QuasarNET: convolutions, one common dense layer, and a head a line.

    Attributes
    ----------
    n_layers : int
        Convolutions; 4 and 6 are the published depths. Below 6 they are unpadded
        ("valid"), from 6 on padded ("same").
    filters, width, stride : int
        Of every convolution.
    dense : int
        Units of the common dense layer.
    boxes : int
        Boxes on the grid.
    lines, bal_lines : tuple of str
        Heads, see `skyloom.quasars.network.lines.Heads`.
    dropout : float
        Share dropped after each convolution in training.
    rescale : bool
        Offsets span `OFFSETS`; False for old weights whose offsets span 0 to 1.
    grid : Grid
        The input's pixels.
    """

    n_layers: int = 6
    filters: int = 100
    width: int = 10
    stride: int = 2
    dense: int = 100
    boxes: int = N_BOXES
    lines: tuple[str, ...] = DEFAULT_LINES
    bal_lines: tuple[str, ...] = DEFAULT_BAL
    dropout: float = 0.2
    rescale: bool = True
    grid: Grid = LOG

    def __post_init__(self):
        object.__setattr__(self, "lines", tuple(self.lines))
        object.__setattr__(self, "bal_lines", tuple(self.bal_lines))
        _ = self.heads  # refuses unknown lines here, not at the first use
        if min(self.lengths) < 1:
            msg = f"{self.grid.size} pixels are too few for {self.n_layers} layers"
            raise ValueError(msg)

    @property
    def heads(self) -> Heads:
        """Return what the outputs stand for."""
        return Heads(self.lines, self.bal_lines)

    @property
    def padding(self) -> str:
        """Return ``"valid"`` or ``"same"``."""
        return "same" if self.n_layers >= FIRST_PADDED else "valid"

    @property
    def lengths(self) -> tuple[int, ...]:
        """Return the positions after each convolution, ``n_layers`` numbers."""
        lengths, size = [], self.grid.size
        for _ in range(self.n_layers):
            room = size if self.padding == "same" else max(size - self.width + 1, 0)
            size = -(-room // self.stride)
            lengths.append(size)
        return tuple(lengths)

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """Return the zeros (before, after) that each convolution's input gets.

        TensorFlow's "same": as many as the last window needs, the odd one behind.
        """
        if self.padding == "valid":
            return ((0, 0),) * self.n_layers
        before = (self.grid.size, *self.lengths[:-1])
        total = [
            max((after - 1) * self.stride + self.width - size, 0)
            for size, after in zip(before, self.lengths, strict=True)
        ]
        return tuple((t // 2, t - t // 2) for t in total)

    @property
    def offsets(self) -> tuple[float, float]:
        """Return what an offset spans [boxes]."""
        return OFFSETS if self.rescale else (0.0, 1.0)

    @property
    def flat(self) -> int:
        """Return how many numbers the common dense layer sees."""
        return self.lengths[-1] * self.filters

    @classmethod
    def from_json(cls, tree: dict) -> Architecture:
        """Return the architecture that `dataclasses.asdict` made plain.

        Raises
        ------
        ValueError
            A key is missing or unknown, or a value is not possible.
        """
        names = {field.name for field in fields(cls)}
        # Files of older versions had a penalty that only training knew.
        tree = {key: value for key, value in tree.items() if key != "l2"}
        if tree.keys() != names:
            odd = sorted(tree.keys() ^ names)
            msg = f"missing or unknown keys of an architecture: {', '.join(odd)}"
            raise ValueError(msg)
        return cls(**tree | {"grid": Grid(**tree["grid"])})
