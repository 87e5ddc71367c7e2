"""What a network is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from skyloom.io.documents import plain
from skyloom.learn.settings import demand, natural

ENCODERS = ("plain", "lite0")
LITE0 = 5  # halvings of EfficientNet-lite0


@dataclass(frozen=True)
class Settings:
    """The shape of a network: everything but its weights.

    Attributes
    ----------
    encoder : str
        ``plain``, or ``lite0`` (EfficientNet-lite0).
    size : int
        Side of the pictures that it is made for [px].
    crop : float
        Middle part of a picture's side that it looks at.
    width : int
        Channels at full size.
    multiples : tuple of int
        Of the width, at each halving from none on; of the decoder only, for lite0.
    dropout : tuple of float
        At each of them.
    vote_dropout : float
        Before the concentrations of the votes.
    blocks : int
        Residual blocks at each of them.
    spread : bool
        Whether it tells how much volunteers differ, pixel by pixel.
    """

    encoder: str = "plain"
    size: int = 224
    crop: float = 0.8
    width: int = 32
    multiples: tuple[int, ...] = (1, 4, 2, 4)
    dropout: tuple[float, ...] = (0.0, 0.1, 0.25, 0.13)
    vote_dropout: float = 0.2
    blocks: int = 2
    spread: bool = True

    def __post_init__(self):
        for name in ("multiples", "dropout"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        demand(self.encoder in ENCODERS, f"encoder {self.encoder!r}: one of {ENCODERS}")
        whole = (self.size, self.width, self.blocks, *self.multiples)
        demand(all(map(natural, whole)), f"{self}: expected whole numbers from 1 on")
        shares = (*self.dropout, self.vote_dropout)
        demand(
            all(0 <= p < 1 for p in shares),
            f"dropout, vote_dropout {shares}: expected below 1",
        )
        demand(0 < self.crop <= 1, f"crop {self.crop}: above 0, at most 1")
        number = len(self.multiples)
        demand(len(self.dropout) == number >= 2, f"{self.dropout}: expected {number}")
        text = f"size {self.size}: expected a multiple of {self.reduction}"
        demand(self.size % self.reduction == 0, text)

    @property
    def halvings(self) -> int:
        """How many times the input is halved."""
        return LITE0 if self.encoder == "lite0" else len(self.multiples) - 1

    @property
    def reduction(self) -> int:
        """What the side of its input is a multiple of [px]."""
        return 2**self.halvings

    def to_json(self) -> dict:
        """Return the settings as plain JSON values."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, tree: Mapping) -> Settings:
        """Return what `to_json` wrote; ValueError for keys or values that are not."""
        odd = tree.keys() ^ {one.name for one in fields(cls)}
        demand(not odd, f"missing or unknown keys: {', '.join(sorted(odd))}")
        return cls(**tree)
