"""What the table of formats is made of, and what results are looked at by."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from astropy.table import Table
from astropy.wcs import WCS


@dataclass(frozen=True)
class Format:
    """A format of files and its reader: one row of the table.

    Attributes
    ----------
    name : str
        Unique; seeds the mutants.
    kind : str
        Of the mutations, a key of `mutations.KINDS`.
    make : callable
        ``make(folder)`` writes a small valid file, and what belongs beside it; returns
        the path of the one that is mutated.
    reader : callable
        The public function that is registered.
    read : callable, optional
        How it is called with that path, ``reader(path)`` unless given.
    objects : callable, optional
        What a result says, by identifier; the whole is one object unless given.
    sane : callable, optional
        Raises AssertionError for a result that cannot be.
    sealed : bool
        Whether the format is ours with checksums: a mutant is refused, or read as the
        original.
    weight : float
        How many mutants there are, in units of the usual number.
    """

    name: str
    kind: str
    make: Callable[[Path], Path]
    reader: Callable
    read: Callable[[Path], Any] | None = None
    objects: Callable[[Any], Mapping] | None = None
    sane: Callable[[Any], None] | None = None
    sealed: bool = False
    weight: float = 1.0

    def told(self, path: Path) -> tuple[Any, dict]:
        """Read a file; return the result, and what it says by identifier."""
        result = (self.read or self.reader)(path)
        objects = {None: result} if self.objects is None else self.objects(result)
        return result, {_key(key): digest(value) for key, value in objects.items()}


def _key(key: Any) -> Any:
    # A name in a column of numbers makes text of them all, an empty cell floats.
    whole = isinstance(key, float) and key.is_integer() and abs(key) < 2**53
    return str(int(key)) if whole or isinstance(key, int | np.integer) else key


def digest(value: Any) -> str:
    """Return a text that is equal for equal results, whatever they are made of."""
    return json.dumps(_plain(value), sort_keys=True, default=repr)


def _plain(value: Any):
    """Return what a value is made of, in lists and dicts."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {name: getattr(value, name) for name in value.__dataclass_fields__}
    for kind, parts in PARTS.items():
        if isinstance(value, kind):
            return parts(value)
    return repr(value)


def _number(value: float):
    # A column with an empty cell has floats for its whole numbers.
    return int(value) if float(value).is_integer() else float(value)


def _mapping(value: Mapping) -> dict:
    return {str(k): _plain(v) for k, v in value.items()}


def _array(value: np.ndarray) -> list:
    return [value.dtype.kind, list(value.shape), _plain(value.tolist())]


PARTS = {
    (str, bool, int, type(None)): lambda value: value,
    float: _number,
    np.generic: lambda value: _plain(value.item()),
    np.ndarray: _array,
    (list, tuple, set): lambda value: [_plain(v) for v in value],
    Mapping: _mapping,
    pd.DataFrame: lambda value: {str(k): _plain(value[k].to_numpy()) for k in value},
    pd.Series: lambda value: _mapping(value.to_dict()),
    Table: lambda value: {k: np.ma.asarray(value[k]).tolist() for k in value.colnames},
    torch.Tensor: lambda value: _array(value.numpy()),
    torch.nn.Module: lambda value: _mapping(value.state_dict()),
    WCS: lambda value: value.to_header(relax=True).tostring(),
}


def by(column: str) -> Callable[[Any], dict]:
    """Return what gives the rows of a table by the values of a column."""

    def rows(table) -> dict:
        names = list(table if isinstance(table, pd.DataFrame) else table.colnames)
        lists = {name: np.ma.asarray(table[name]).tolist() for name in names}
        if column not in lists or np.ndim(lists[column]) != 1:
            return {None: table}
        keys = lists.pop(column)
        return {
            key: {name: values[row] for name, values in lists.items()}
            for row, key in enumerate(keys)
        }

    return rows


def finite(*values) -> None:
    """Refuse numbers that are not finite."""
    for value in values:
        array = np.asarray(value)
        assert array.dtype.kind in "fiub", f"numbers of type {array.dtype}"
        assert np.isfinite(array).all(), "a number that is not finite"


def within(values, low: float, high: float) -> None:
    """Refuse numbers outside of limits; NaN is unknown."""
    array = np.asarray(values, float)
    known = array[~np.isnan(array)]
    assert ((known >= low) & (known <= high)).all(), f"outside of {low} to {high}"


def spectra(arms, meta=None) -> None:
    """Refuse spectra that cannot be."""
    for wave, flux, ivar in arms:
        finite(wave, flux, ivar)
        assert (np.diff(wave, axis=-1) > 0).all(), "wavelengths that do not increase"
        assert (np.asarray(ivar) >= 0).all(), "a negative ivar"
        assert (np.asarray(wave) > 100).all(), "wavelengths that are not in Angstrom"
        assert (np.asarray(wave) < 1e6).all(), "wavelengths that are not in Angstrom"
    if meta is not None:
        assert len(meta) > 0, "no spectrum, and not a word"
