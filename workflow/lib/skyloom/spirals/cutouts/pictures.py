"""Pictures as people have them, and those that the network sees.

A picture's first row is north (the upper one); an array's is south. It is turned here,
on reading and on writing, and nowhere else.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

from skyloom.io.atomic import replacing
from skyloom.io.errors import InputError, existing_file

FORMATS = ("JPEG", "PNG")
SUFFIXES = (".jpg", ".jpeg", ".png")
SMALLEST, LARGEST = 16, 20000  # px, side
NOTE = "skyloom"  # key of a PNG's text


def read_picture(path: str | Path) -> np.ndarray:
    """Read a JPEG or PNG: uint8, shape (ny, nx, 3), row 0 south.

    Grey, CMYK and palettes become RGB, 16 bits 8; what is transparent becomes black,
    as the sky is; the orientation that a camera noted is applied.

    Raises
    ------
    InputError
        Not a picture, damaged, too small or large, or all of one colour.
    """
    path = existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # of broken EXIF
            with Image.open(path, formats=FORMATS) as image:
                _refuse_size(path, *image.size)
                rgb = np.asarray(_rgb(path, ImageOps.exif_transpose(image)))
    except InputError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bad:
        remedy = "cut the galaxy out"
        raise InputError(path, str(bad), remedy=remedy) from None
    except Exception as bad:  # Pillow's have no class in common
        problem = f"not a readable picture ({bad})"
        expected = " or ".join(FORMATS)
        remedy = "fetch or export it again"
        raise InputError(path, problem, expected=expected, remedy=remedy) from None
    if (rgb == rgb[0, 0]).all():
        problem = f"all of one colour, {rgb[0, 0].tolist()}"
        remedy = "outside the survey? check the position"
        raise InputError(path, problem, expected="a galaxy", remedy=remedy)
    return rgb[::-1]


def write_picture(path: str | Path, rgb: np.ndarray, note: str = "") -> None:
    """Write a PNG, whole or not at all, same picture same bytes.

    Parameters
    ----------
    path : str or Path
        The file.
    rgb : ndarray of uint8, shape (ny, nx, 3)
        Row 0 south.
    note : str
        Where it comes from, `skyloom.io.record.text`; kept as the PNG's text.
    """
    text = PngImagePlugin.PngInfo()
    if note:
        text.add_text(NOTE, note)
    image = Image.fromarray(np.ascontiguousarray(rgb[::-1]))
    with replacing(path) as temporary:
        image.save(temporary, "PNG", pnginfo=text)


def resized(rgb: np.ndarray, size: int) -> np.ndarray:
    """Return the square middle of a picture with `size` pixels a side (Lanczos).

    Pillow's kernel grows as a picture shrinks, so that nothing aliases.
    """
    ny, nx = rgb.shape[:2]
    side = min(ny, nx)
    if side == size == max(ny, nx):
        return rgb
    # To the half of a pixel, where the picture's middle is.
    left, top = (nx - side) / 2, (ny - side) / 2
    box = (left, top, left + side, top + side)
    image = Image.fromarray(np.ascontiguousarray(rgb))
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS, box))


def _refuse_size(path: Path, width: int, height: int) -> None:
    if not SMALLEST <= min(width, height) <= max(width, height) <= LARGEST:
        expected = f"sides of {SMALLEST} to {LARGEST} px"
        remedy = "cut a galaxy out of a larger picture"
        problem = f"{width} x {height} px"
        raise InputError(path, problem, expected=expected, remedy=remedy)


def _rgb(path: Path, image: Image.Image) -> Image.Image:
    """Return a picture as RGB of 8 bits."""
    if image.mode in ("I;16", "I;16B", "I"):
        values = np.asarray(image)
        return Image.fromarray((values >> 8).clip(0, 255).astype(np.uint8)).convert(
            "RGB"
        )
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")
