"""Many small pictures in one image, of which a page shows parts."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from PIL import Image

from skyloom.plots.images import asinh_stretch
from skyloom.plots.style import DIVERGING_MAP

PIXELS = 24_000_000  # of a sprite: some 6 MB as JPEG, 100 MB in a browser's memory
SIDES = (24, 240)  # of a picture, least and most [px]
QUALITY = 86  # of JPEG: no grain is seen around stars


@dataclass(frozen=True, slots=True)
class Sprite:
    """Pictures in rows of a grid, the first in the upper left corner.

    Attributes
    ----------
    content : bytes
        The image as JPEG.
    side, columns, rows : int
        Of a picture [px], and of the grid.
    """

    content: bytes
    side: int
    columns: int
    rows: int

    def uri(self) -> str:
        """Return the image as a style sheet has it."""
        return "data:image/jpeg;base64," + base64.b64encode(self.content).decode()

    def shape(self) -> dict[str, int]:
        """Return what a page needs to find a picture."""
        return {"side": self.side, "columns": self.columns, "rows": self.rows}


def side_for(n: int, most: int = SIDES[1]) -> int:
    """Return the largest side [px] at which `n` pictures fit into a sprite."""
    return max(SIDES[0], min(most, math.isqrt(PIXELS // max(n, 1))))


def sprite(pictures: Sequence[np.ndarray], most: int = SIDES[1]) -> Sprite:
    """Gather pictures, each scaled to the same side.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (ny, nx, 3)
        Row 0 is at the top. One that is not square is put into the middle of one.
    most : int
        Largest side of a picture [px]; it is smaller where there are many.

    Raises
    ------
    ValueError
        For more pictures than fit at the least side that shows something.
    """
    n = len(pictures)
    if n * SIDES[0] ** 2 > PIXELS:
        msg = f"{n} pictures are more than fit; show fewer"
        raise ValueError(msg)
    side = side_for(n, most)
    columns = max(1, math.isqrt(max(n - 1, 0)) + 1)
    rows = max(1, -(-n // columns))
    sheet = Image.new("RGB", (columns * side, rows * side), "white")
    for i, picture in enumerate(pictures):
        part = Image.fromarray(fitted(picture, side))
        sheet.paste(part, ((i % columns) * side, i // columns * side))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=QUALITY)
    return Sprite(buffer.getvalue(), side, columns, rows)


def grey(image: np.ndarray, white: float, mask=None) -> np.ndarray:
    """Return an image (ny, nx) dark on light as a picture, row 0 at the bottom.

    `white` is the brightness shown as full; what is masked or not finite is pale.
    """
    good = np.isfinite(image) if mask is None else np.isfinite(image) & ~mask
    shown = asinh_stretch(np.where(good, image, 0.0), white)
    grey = 1 - np.clip((shown + 0.12) / 1.12, 0, 1)
    picture = np.repeat(grey[..., None], 3, axis=2)
    picture[~good] = 0.6 * picture[~good] + 0.4 * np.array([0.34, 0.71, 0.91])
    return as_bytes(picture[::-1])


def signed(image: np.ndarray, limit: float, mask=None) -> np.ndarray:
    """Return an image (ny, nx), row 0 at the bottom: blue below zero, red above."""
    values = np.nan_to_num(np.where(mask, 0, image) if mask is not None else image)
    scaled = np.clip(values / (2 * limit) + 0.5, 0, 1)
    return as_bytes(colormaps[DIVERGING_MAP](scaled)[::-1, :, :3])


def as_bytes(picture: np.ndarray) -> np.ndarray:
    """Return a picture of values from 0 to 1 as bytes."""
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """Return a picture scaled into a square of a side [px], bytes (side, side, 3)."""
    ny, nx = picture.shape[:2]
    image = Image.fromarray(np.ascontiguousarray(picture))
    scale = side / max(ny, nx)
    size = (max(1, round(nx * scale)), max(1, round(ny * scale)))
    how = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC
    square = Image.new("RGB", (side, side), "white")
    place = ((side - size[0]) // 2, (side - size[1]) // 2)
    square.paste(image.resize(size, how), place)
    return np.asarray(square)
