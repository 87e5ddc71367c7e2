"""Maps of windows on disk, as they come, with an index of those that are done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz

# Arrays of a window's file: kinds of dtype and dimensions.
CELLS = {
    **dict.fromkeys(("membership", "center", "n_members", "valid"), ("f", 2)),
    **dict.fromkeys(("center_locs", "richness", "redshift"), ("f", 3)),
}
REMEDY = "delete the folder: its windows are classified again"
Origin = tuple[int, int]


class Store:
    """A folder of one survey tile's windows.

    ``store.json`` says what made it; ``window_{y}_{x}.npz`` holds the maps of a
    window; ``index.json`` names the windows that are done.

    Parameters
    ----------
    folder : str or Path
        Made if it does not exist.
    key : str
        Digest of all that the maps depend on.
    restart : bool
        Empty a folder of another key instead of refusing it.

    Raises
    ------
    InputError
        The folder was made by another encoder, of another tile or with other
        settings, and `restart` is false; or an index is damaged.
    """

    def __init__(self, folder: str | Path, key: str, *, restart: bool = False):
        self.folder = Path(folder)
        head = self.folder / "store.json"
        before = read_json(head).get("key") if head.exists() else None
        if before not in (None, key) and not restart:
            raise InputError(
                head,
                "windows of another encoder, other images or other settings",
                where="key 'key'",
                expected=f"{key[:12]}…, got {str(before)[:12]}…",
                remedy=REMEDY,
            )
        if before != key:
            self._clear()
            write_json(head, {"key": key})

    def done(self) -> set[Origin]:
        """Return the windows that are whole on disk."""
        names = self._names()
        return {
            _origin(path)
            for path in self.folder.glob("window_*.npz")
            if path.name in names
        }

    def write(self, windows: Mapping[Origin, Mapping[str, np.ndarray]]):
        """Write windows, then note that they are done.

        Parameters
        ----------
        windows : mapping of (int, int) to mapping
            Maps (`CELLS`) by origin ``(y, x)`` [px].
        """
        for origin, maps in windows.items():
            write_npz(self._path(origin), **maps)
        names = {self._path(origin).name for origin in windows}
        write_json(self._index, {"done": sorted(names | self._names())})

    def read(self, origins: Iterable[Origin]) -> Iterator[tuple[Origin, dict]]:
        """Yield the maps of windows, one window in memory at a time.

        Parameters
        ----------
        origins : iterable of (int, int)
            All that must be there.

        Raises
        ------
        InputError
            A window that is not done, or whose file is damaged.
        """
        done = self.done()
        for origin in origins:
            path = self._path(origin)
            if origin not in done:
                remedy = "classify the tile to its end first"
                raise InputError(path, "this window is not done", remedy=remedy)
            yield origin, read_npz(path, CELLS)

    @property
    def _index(self) -> Path:
        return self.folder / "index.json"

    def _names(self) -> set[str]:
        if not self._index.exists():
            return set()
        names = read_json(self._index).get("done")
        if not isinstance(names, list):
            where = "key 'done'"
            raise InputError(self._index, "no list", where=where, remedy=REMEDY)
        return set(names)

    def _path(self, origin: Origin) -> Path:
        return self.folder / f"window_{origin[0]:+06d}_{origin[1]:+06d}.npz"

    def _clear(self) -> None:
        for pattern in ("index.json", "window_*.npz"):
            for path in self.folder.glob(pattern):
                path.unlink()


def _origin(path: Path) -> Origin:
    _, y, x = path.stem.split("_")
    return int(y), int(x)
