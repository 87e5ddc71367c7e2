"""Mutations of files of arrays: npz, npy, HDF5, Parquet, zip archives and tensors."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np


def _one(items, rng):
    return items[rng.integers(len(items))]


def _named(name: str, change, **how):
    change.__name__ = name
    return change


class Trap:
    """What is run where somebody unpickles it."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('a file was executed')",))


def _array(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an array of another shape, kind or with other values."""
    choices = ("f8", "c8", "U", "i2", "empty", "more", "less", "value", "turned", "str")
    how = _one(choices, rng)
    with np.errstate(all="ignore"):
        if how in ("f8", "c8", "U", "i2"):
            try:
                return array.astype({"U": "U20"}.get(how, how))
            except (ValueError, TypeError, OverflowError):
                return np.zeros(array.shape, how)
        if how == "empty":
            return array[:0] if array.ndim else np.zeros(0)
        if how == "more":
            return array[None]
        if how == "less":
            return array[1:] if array.ndim and len(array) else np.array(3.5)
        if how == "turned":
            return array.T[::-1] if array.ndim else array
        if how == "str":
            return np.array("{")
        made = array.copy()
        if made.size and made.dtype.kind in "fiub":
            values = (np.nan, np.inf, -1, 1e300, 0, 99)
            low = (0, -1, 99)
            value = _one(values if made.dtype.kind == "f" else low, rng)
            if made.dtype.kind in "ub":
                value = abs(value)
            made.reshape(-1)[rng.integers(made.size)] = value
        return made


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
        change(arrays, _one(list(arrays), rng), rng)
        return _npz(arrays)

    return _named(change.__name__.strip("_"), made)


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
    other = _one(list(arrays), rng)
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
    new = _one((b"9" * 12, b"-1", b"0", b"1, 1", b"2**70", b"", b"10**9, 10**9"), rng)
    changed = head.replace(old, new, 1)[: len(head)].ljust(len(head))
    return changed + content[end:]


def _on_zip(change):
    def made(content: bytes, rng: np.random.Generator) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [(name, archive.read(name)) for name in archive.namelist()]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, held in change(parts, rng):
                archive.writestr(zipfile.ZipInfo(name), held)
        return out.getvalue()

    return _named(change.__name__.strip("_"), made)


def _part_gone(parts, rng):
    del parts[rng.integers(len(parts))]
    return parts


def _part_damaged(parts, rng):
    i = rng.integers(len(parts))
    name, held = parts[i]
    changed = bytearray(held)
    for _ in range(rng.integers(1, 9) if changed else 0):
        changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
    parts[i] = name, bytes(changed)
    return parts


def _part_cut(parts, rng):
    i = rng.integers(len(parts))
    name, held = parts[i]
    parts[i] = name, held[: rng.integers(len(held) + 1)]
    return parts


def _part_empty(parts, rng):
    i = rng.integers(len(parts))
    parts[i] = parts[i][0], _one((b"", b"{}", b"[]", b"null", b"1"), rng)
    return parts


def _part_renamed(parts, rng):
    i = rng.integers(len(parts))
    parts[i] = _one(("../../evil", "x", f"a/{parts[i][0]}"), rng), parts[i][1]
    return parts


def _part_text(parts, rng):
    """Change a number or a word of a part that is JSON."""
    texts = [i for i, (name, _) in enumerate(parts) if name.endswith(".json")]
    if not texts:
        return _part_damaged(parts, rng)
    import mutations_text as text

    i = _one(texts, rng)
    change = _one(list(text.JSON), rng)
    parts[i] = parts[i][0], change(parts[i][1], rng)
    return parts


def _part_pickle(parts, rng):
    i = rng.integers(len(parts))
    parts[i] = parts[i][0], pickle.dumps(Trap())
    return parts


def _hdf5(change):
    def made(content: bytes, rng: np.random.Generator) -> bytes:
        import h5py

        held = io.BytesIO(content)
        with h5py.File(held, "r+") as file:
            change(file, rng)
        return held.getvalue()

    return _named(change.__name__.strip("_"), made)


def _sets(file) -> list[str]:
    import h5py

    found = []
    file.visititems(
        lambda k, v: found.append(k) if isinstance(v, h5py.Dataset) else None
    )
    return found


def _set_changed(file, rng):
    name = _one(_sets(file), rng)
    made = file[name][()]
    plain = made.dtype.names is None
    made = _array(made, rng) if plain else made[: len(made) // 2]
    del file[name]
    file[name] = made.astype("S") if made.dtype.kind == "U" else made


def _set_gone(file, rng):
    del file[_one(_sets(file), rng)]


def _set_linked(file, rng):
    import h5py

    name = _one(_sets(file), rng)
    del file[name]
    links = (h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/nowhere"))
    file[name] = _one((*links, h5py.SoftLink(f"/{name}")), rng)


def _set_group(file, rng):
    name = _one(_sets(file), rng)
    del file[name]
    file.create_group(name)


def _attribute(file, rng):
    import mutations_text as text

    holders = [h for h in (file, *(file[k] for k in file)) if h and len(h.attrs)]
    if not holders:
        return _set_gone(file, rng)
    holder = _one(holders, rng)
    name = _one(list(holder.attrs), rng)
    values = (1, "", "text", "{", np.zeros(3), b"\xff", "null", "[]", "{}")
    value = holder.attrs[name]
    if rng.random() < 0.5 and isinstance(value, str) and value.startswith("{"):
        change = _one(list(text.JSON)[:6], rng)
        holder.attrs[name] = change(value.encode(), rng).decode()
    elif rng.random() < 0.2:
        del holder.attrs[name]
    else:
        holder.attrs[name] = _one(values, rng)


def _parquet(change):
    def made(content: bytes, rng: np.random.Generator) -> bytes:
        import pyarrow.parquet as pq

        out = io.BytesIO()
        pq.write_table(change(pq.read_table(io.BytesIO(content)), rng), out)
        return out.getvalue()

    return _named(change.__name__.strip("_"), made)


def _parquet_kind(table, rng):
    import pyarrow as pa

    i = int(rng.integers(table.num_columns))
    values = table.column(i).to_pylist()
    kinds = (str, float, lambda v: None, lambda v: [v], lambda v: {"a": v}, bool)
    kind = _one(kinds, rng)
    try:
        values = [kind(v) for v in values]
    except (ValueError, TypeError):
        values = [None] * len(values)
    return table.set_column(i, table.column_names[i], pa.array(values))


def _parquet_gone(table, rng):
    return table.remove_column(int(rng.integers(table.num_columns)))


def _parquet_twice(table, rng):
    i = int(rng.integers(table.num_columns))
    return table.append_column(table.column_names[i], table.column(i))


def _parquet_case(table, rng):
    return table.rename_columns([name.upper() for name in table.column_names])


def _parquet_rows(table, rng):
    return _one((table[:0], table[1:], table.take([0, 0, *range(table.num_rows)])), rng)


def _parquet_value(table, rng):
    import pyarrow as pa

    i = int(rng.integers(table.num_columns))
    column = table.column(i)
    values = column.to_pylist()
    row = int(rng.integers(len(values)))
    if pa.types.is_integer(column.type):
        values[row] = _one((-1, 0, 99, None), rng)
    elif pa.types.is_floating(column.type):
        values[row] = _one((-1.0, float("nan"), float("inf"), 1e300, None), rng)
    else:
        values[row] = None
    return table.set_column(i, table.column_names[i], pa.array(values, column.type))


NPZ = dict.fromkeys(
    map(
        _on_npz,
        (_member, _member_gone, _member_more, _member_pickled, _member_damaged),
    ),
    "any",
) | {_on_npz(_members_swapped): "any"}
NPY = dict.fromkeys((array, pickled, npy_header), "any")
ZIP = dict.fromkeys(
    map(
        _on_zip,
        (_part_gone, _part_damaged, _part_cut, _part_empty, _part_renamed, _part_text),
    ),
    "any",
)
TENSORS = ZIP | {_on_zip(_part_pickle): "any"}
HDF5 = dict.fromkeys(
    map(_hdf5, (_set_changed, _set_gone, _set_linked, _set_group, _attribute)), "any"
)
PARQUET = dict.fromkeys(
    map(_parquet, (_parquet_kind, _parquet_gone, _parquet_twice, _parquet_rows)), "any"
)
PARQUET |= {_parquet(_parquet_case): "any", _parquet(_parquet_value): "one"}
