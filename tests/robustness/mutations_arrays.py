"""Mutations of files of arrays: npz, npy and HDF5."""

from __future__ import annotations

import io
import zipfile

import h5py
import mutations_text as text
import numpy as np
from mutations_archives import Trap, named, one


def _kind(kind: str):
    def made(array: np.ndarray, _) -> np.ndarray:
        try:
            return array.astype(kind)
        except (ValueError, TypeError, OverflowError):
            return np.zeros(array.shape, kind)

    return made


def _value(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    made = array.copy()
    if made.size and made.dtype.kind in "fiub":
        values = (
            (np.nan, np.inf, -1, 1e300, 0, 99) if made.dtype.kind == "f" else (0, 99)
        )
        made.reshape(-1)[rng.integers(made.size)] = one(values, rng)
    return made


ARRAYS = (
    *map(_kind, ("f8", "c8", "U20", "i2")),
    *(_value, _value),
    lambda array, _: array[:0] if array.ndim else np.zeros(0),
    lambda array, _: array[None],
    lambda array, _: array[1:] if array.ndim and len(array) else np.array(3.5),
    lambda array, _: array.T[::-1] if array.ndim else array,
    lambda array, _: np.array("{"),
)


def _array(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an array of another shape or kind, or with another value."""
    with np.errstate(all="ignore"):
        return one(ARRAYS, rng)(array, rng)


def _npz(arrays: dict) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in arrays.items():
            held = io.BytesIO()
            if isinstance(array, bytes):
                held.write(array)
            else:
                np.lib.format.write_array(held, np.asanyarray(array), allow_pickle=True)
            archive.writestr(f"{name}.npy", held.getvalue())
    return out.getvalue()


def _on_npz(change):
    def made(content: bytes, rng: np.random.Generator) -> bytes:
        with np.load(io.BytesIO(content)) as file:
            arrays = {name: file[name] for name in file.files}
        change(arrays, one(list(arrays), rng), rng)
        return _npz(arrays)

    return named(change.__name__.strip("_"), made)


def _member(arrays, name, rng):
    arrays[name] = _array(arrays[name], rng)


def _member_gone(arrays, name, rng):
    del arrays[name]


def _member_more(arrays, name, rng):
    arrays["another"] = arrays[name]


def _member_pickled(arrays, name, rng):
    arrays[name] = np.array([Trap()], object)


def _member_damaged(arrays, name, rng):
    arrays[name] = rng.bytes(50)


def _members_swapped(arrays, name, rng):
    other = one(list(arrays), rng)
    arrays[name], arrays[other] = arrays[other], arrays[name]


def array(content: bytes, rng: np.random.Generator) -> bytes:
    """Write an npy of another shape, kind or with another value."""
    out = io.BytesIO()
    np.save(out, _array(np.load(io.BytesIO(content)), rng))
    return out.getvalue()


def pickled(content: bytes, rng: np.random.Generator) -> bytes:
    """Write an npy of objects."""
    out = io.BytesIO()
    np.save(out, np.array([Trap()], object), allow_pickle=True)
    return out.getvalue()


def npy_header(content: bytes, rng: np.random.Generator) -> bytes:
    """Tell another shape or kind than what follows."""
    end = content.index(b"\n")
    head = content[:end]
    old = head[head.index(b"'shape': (") + 10 : head.index(b")")]
    new = one((b"9" * 12, b"-1", b"0", b"1, 1", b"2**70", b"", b"10**9, 10**9"), rng)
    changed = head.replace(old, new, 1)[: len(head)].ljust(len(head))
    return changed + content[end:]


def _hdf5(change):
    def made(content: bytes, rng: np.random.Generator) -> bytes:
        held = io.BytesIO(content)
        with h5py.File(held, "r+") as file:
            change(file, rng)
        return held.getvalue()

    return named(change.__name__.strip("_"), made)


def _sets(file) -> list[str]:
    found = []
    file.visititems(
        lambda k, v: found.append(k) if isinstance(v, h5py.Dataset) else None
    )
    return found


def _set_changed(file, rng):
    name = one(_sets(file), rng)
    made = file[name][()]
    plain = made.dtype.names is None
    made = _array(made, rng) if plain else made[: len(made) // 2]
    del file[name]
    file[name] = made.astype("S") if made.dtype.kind == "U" else made


def _set_gone(file, rng):
    del file[one(_sets(file), rng)]


def _set_linked(file, rng):
    name = one(_sets(file), rng)
    del file[name]
    links = (h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/nowhere"))
    file[name] = one((*links, h5py.SoftLink(f"/{name}")), rng)


def _set_group(file, rng):
    name = one(_sets(file), rng)
    del file[name]
    file.create_group(name)


def _attribute(file, rng):
    holders = [h for h in (file, *(file[k] for k in file)) if h and len(h.attrs)]
    if not holders:
        _set_gone(file, rng)
        return
    holder = one(holders, rng)
    name = one(list(holder.attrs), rng)
    values = (1, "", "text", "{", np.zeros(3), b"\xff", "null", "[]", "{}")
    value = holder.attrs[name]
    if rng.random() < 0.5 and isinstance(value, str) and value.startswith("{"):
        change = one(list(text.JSON)[:6], rng)
        holder.attrs[name] = change(value.encode(), rng).decode()
    elif rng.random() < 0.2:
        del holder.attrs[name]
    else:
        holder.attrs[name] = one(values, rng)


NPZ = dict.fromkeys(
    map(
        _on_npz,
        (_member, _member_gone, _member_more, _member_pickled, _member_damaged),
    ),
    "any",
) | {_on_npz(_members_swapped): "any"}
NPY = dict.fromkeys((array, pickled, npy_header), "any")
HDF5 = dict.fromkeys(
    map(_hdf5, (_set_changed, _set_gone, _set_linked, _set_group, _attribute)), "any"
)
