"""A map of spectra from its file, whatever trained it."""

from __future__ import annotations

from pathlib import Path

from skyloom.spectra.mapping.files import read_plain
from skyloom.spectra.mapping.model import SpectralMap


def read_map(path: str | Path) -> SpectralMap:
    """Read a map by its suffix; InputError for a file that is none."""
    if Path(path).suffix == ".keras":
        # Imported here: a plain map needs no Keras.
        from skyloom.spectra.desom.files import read_desom  # noqa: PLC0415

        return read_desom(path)
    return read_plain(path)
