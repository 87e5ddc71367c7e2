"""Mutations of files, by kind of format: seeded, pure functions of bytes.

A `Mutant` says how far its change reaches: what was read of it is compared with what
was read of the original, see `test_mutants`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import mutations_archives as archives
import mutations_arrays as arrays
import mutations_fits as fits
import mutations_tables as tables
import mutations_text as text
import numpy as np

Change = Callable[[bytes, np.random.Generator], bytes]
# How far a change reaches: the values are the same, some objects may be gone, one
# object may differ, or anything that its format cannot tell from the truth.
SAME, FEWER, ONE, KEPT, ANY = "same", "fewer", "one", "kept", "any"
DAMAGED = "damaged"
DAMAGE = 0.3  # share of the mutants that know nothing of the format


@dataclass(frozen=True)
class Mutant:
    """A changed file: its bytes, what was done, and how far that reaches."""

    content: bytes
    change: str
    reach: str


def generator(name: str, number: int) -> np.random.Generator:
    """Return the generator of a mutant, by its format's name and its number."""
    return np.random.default_rng([zlib.crc32(name.encode()), number])


def mutant(kind: str, content: bytes, name: str, number: int) -> Mutant:
    """Return a mutant of a file; the same one for the same arguments."""
    rng = generator(name, number)
    own = KINDS[kind]
    known = DAMAGES if rng.random() < DAMAGE or not own else own
    # Each change has its turn; what it does is left to chance.
    change = list(known)[rng.integers(len(known))]
    return Mutant(change(content, rng), change.__name__, known[change])


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip one bit to eight, most of them where there is more than zeros."""
    changed = np.frombuffer(content, np.uint8).copy()
    told = np.flatnonzero(changed) if rng.random() < 0.8 else np.arange(len(changed))
    for place in rng.choice(told, int(rng.integers(1, 9))):
        changed[place] ^= np.uint8(1 << int(rng.integers(8)))
    return changed.tobytes()


def flipped_early(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip one bit of the first kilobyte, where most formats say what follows."""
    changed = bytearray(content)
    changed[rng.integers(min(len(changed), 1024))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def cut(content: bytes, rng: np.random.Generator) -> bytes:
    """Keep the beginning only."""
    return content[: rng.integers(len(content))]


def cut_to_block(content: bytes, rng: np.random.Generator) -> bytes:
    """Keep whole blocks of FITS, as a copy that stopped may have."""
    return content[: 2880 * int(rng.integers(len(content) // 2880 + 1))]


def holed(content: bytes, rng: np.random.Generator) -> bytes:
    """Set a run of bytes to zero, as a block that was not written."""
    begin = int(rng.integers(len(content)))
    end = min(begin + int(rng.integers(1, 4096)), len(content))
    return content[:begin] + bytes(end - begin) + content[end:]


def overwritten(content: bytes, rng: np.random.Generator) -> bytes:
    """Put random bytes in place of a run."""
    begin = int(rng.integers(len(content)))
    end = min(begin + int(rng.integers(1, 64)), len(content))
    return content[:begin] + rng.bytes(end - begin) + content[end:]


def another(content: bytes, rng: np.random.Generator) -> bytes:
    """Give something else under this name."""
    page = b"<!DOCTYPE html>\n<html><body>404, not found</body></html>\n"
    small = [b"", page, b"\n", b"null", bytes(2880), b"version https://git-lfs\n"]
    return [*small, rng.bytes(500), b"PK\x05\x06" + bytes(18)][rng.integers(8)]


def appended(content: bytes, rng: np.random.Generator) -> bytes:
    """Add bytes behind the end."""
    more = [b"\n", bytes(2880), rng.bytes(100), content, b"\x1a"]
    return content + more[rng.integers(len(more))]


DAMAGES: dict[Change, str] = dict.fromkeys(
    (flipped, flipped_early, cut, cut_to_block, holed, overwritten, another, appended),
    DAMAGED,
)
KINDS: dict[str, dict[Change, str]] = {
    "bytes": {},
    "fits": fits.CHANGES,
    "csv": tables.CHANGES,
    "ecsv": tables.CHANGES | {text.recoded: ANY},
    "parquet": archives.PARQUET,
    "json": text.JSON,
    "lines": text.LINES,
    "npz": arrays.NPZ,
    "npy": arrays.NPY,
    "hdf5": arrays.HDF5,
    "zip": archives.ZIP,
    "tensors": archives.TENSORS,
}
