"""What an encoder is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from skyloom.clusters.bands import BANDS
from skyloom.io.documents import plain
from skyloom.learn.settings import demand, natural

# What the files of encoders tell as well, from when it could be set.
FIXED = {"groups": 8, "scales": [1.0, 10.0], "ridge_widths": [0.08, 0.25]}
FIXED |= {"center_above": 20.0}


@dataclass(frozen=True)
class EncoderSettings:
    """The shape of an encoder: everything but its weights.

    Attributes
    ----------
    bands : tuple of str
        Order of the images' channels.
    tile : int
        Side of a tile [px of the survey].
    pool : int
        The input's pixels are means over pool x pool pixels of the survey. The net
        halves its input log2(tile / pool) times, so the ratio is a power of two.
    widths : tuple of int
        Channels of the stages, finest first: the input at half its size, then one
        for every further halving. The last is repeated for halvings it does not name.
    blocks : tuple of int
        Residual blocks of each stage; 0 for stages it does not name.
    dilations : tuple of int
        Of the residual blocks on the tile grid, which carry the context: their sum
        and one more for each is how many tiles the net sees to every side.
    hidden : int
        Channels of the layer before the outputs.
    ridge : tuple of tuple of float
        Colours of the red sequence (differences of successive bands [mag]) at some
        redshifts; how well pixels match them is given to the net, see `.ridge.Ridge`.
        Empty: the net has to learn it.
    """

    bands: tuple[str, ...] = BANDS
    tile: int = 64
    pool: int = 4
    widths: tuple[int, ...] = (32, 64, 96, 128)
    blocks: tuple[int, ...] = (0, 0, 1)
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    hidden: int = 128
    ridge: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self):
        for name in ("bands", "widths", "blocks", "dilations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "ridge", tuple(tuple(row) for row in self.ridge))
        whole = (self.tile, self.pool, self.hidden, *self.widths, *self.dilations)
        demand(all(map(natural, whole)), f"{self}: expected whole numbers from 1 on")
        blocks = all(n == 0 or natural(n) for n in self.blocks)
        demand(blocks, f"blocks {self.blocks}: expected whole numbers from 0 on")
        once = self.bands and len(set(self.bands)) == len(self.bands)
        demand(once, f"bands {self.bands}: expected some, each once")
        colours = {len(row) for row in self.ridge} <= {len(self.bands) - 1}
        demand(colours, f"ridge: expected rows of {len(self.bands) - 1} colours")
        ratio = self.tile // self.pool
        halved = self.tile % self.pool == 0 and ratio >= 2 and not ratio & (ratio - 1)
        text = f"tile {self.tile} over pool {self.pool}: expected a power of two from 2"
        demand(halved, text)
        fits = self.widths and max(len(self.widths), len(self.blocks)) <= self.stages
        text = f"widths {self.widths}, blocks {self.blocks}: expected one, and no more "
        demand(fits, text + f"than the {self.stages} halvings of {ratio} px to a tile")

    @property
    def reduction(self) -> int:
        """Return how many input pixels a tile's side has."""
        return self.tile // self.pool

    @property
    def stages(self) -> int:
        """Return how many times the input is halved."""
        return self.reduction.bit_length() - 1

    @property
    def plan(self) -> tuple[tuple[int, int], ...]:
        """Return (channels, residual blocks) of each stage, finest first."""
        widths = self.widths + self.widths[-1:] * (self.stages - len(self.widths))
        blocks = self.blocks + (0,) * (self.stages - len(self.blocks))
        return tuple(zip(widths, blocks, strict=True))

    def to_json(self) -> dict:
        """Return the settings as plain JSON values."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, tree: Mapping) -> EncoderSettings:
        """Return the settings that `to_json` wrote, or an older one with `FIXED`.

        Raises
        ------
        ValueError
            A key is missing or unknown, or a value is not possible.
        """
        for key in FIXED.keys() & tree.keys():
            text = f"{key} {tree[key]}: expected {FIXED[key]}"
            demand(plain(tree[key]) == FIXED[key], text)
        names = {one.name for one in fields(cls)}
        odd = (tree.keys() ^ names) - FIXED.keys()
        demand(not odd, f"missing or unknown keys: {', '.join(sorted(odd))}")
        return cls(**{name: tree[name] for name in names})
