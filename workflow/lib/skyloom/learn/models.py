"""What files of networks have in common: whole weights, and what is wrong with a file.

A file's own part tells its sections and shapes; `wrong_sections` and `wrong_weights`
yield where something is wrong, the problem, and what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import torch
from torch import nn

from skyloom.io.errors import InputError
from skyloom.learn.tensors import own, read_tensors

Wrong = Iterator[tuple[str, str, str]]


def whole_weights(net: nn.Module) -> dict[str, torch.Tensor]:
    """Return a network's weights by name; ValueError if any is not finite."""
    state = {name: own(value) for name, value in sorted(net.state_dict().items())}
    bad = [name for name, value in state.items() if not value.isfinite().all()]
    if bad:
        msg = f"weights that are not finite: {', '.join(bad[:3])}"
        raise ValueError(msg)
    return state


def whole_file(path: str | Path, wrong: Callable[[object], Wrong], remedy: str) -> dict:
    """Return what a file of a network holds, if `wrong` finds nothing.

    Raises
    ------
    InputError
        No file; cut short or damaged; a pickled object; the first that is wrong.
    """
    tree = read_tensors(path, remedy)
    # What follows the first problem may not be read: the loop ends with it.
    for where, problem, expected in wrong(tree):
        key = where and f"key {where}"
        raise InputError(path, problem, where=key, expected=expected, remedy=remedy)
    return tree


def wrong_sections(
    tree: object, form: int, sections: Collection[str], others: Collection[str] = ()
) -> Wrong:
    """Yield what is wrong with the keys of a file: ``format``, sections and others."""
    if not isinstance(tree, dict):
        yield "", f"holds a {type(tree).__name__}", "a dict"
    keys = ("format", *others, *sections)
    odd = [f"missing {key}" for key in keys if key not in tree]
    odd += [f"unknown {key}" for key in sorted(map(str, tree.keys() - set(keys)))]
    if odd:
        what = "a Lightning checkpoint, " if "pytorch-lightning_version" in tree else ""
        yield "", what + ", ".join(odd), f"the keys {', '.join(keys)}"
    if tree["format"] != form:
        yield "'format'", f"format {tree['format']!r}", str(form)
    for key in sections:
        if not isinstance(tree[key], dict):
            yield repr(key), f"a {type(tree[key]).__name__}", "a dict"


def wrong_weights(state: Mapping, wanted: Mapping[str, torch.Tensor]) -> Wrong:
    """Yield what is wrong with weights, beside tensors of the right shapes."""
    odd = sorted(map(str, state.keys() ^ wanted.keys()))
    if odd:
        problem = f"missing or unknown weights: {', '.join(odd[:3])}"
        yield "'weights'", problem, "those of the settings"
    for name, value in state.items():
        where, right = f"'weights', {name!r}", wanted[name]
        if not isinstance(value, torch.Tensor) or value.dtype != right.dtype:
            kind = getattr(value, "dtype", type(value).__name__)
            yield where, f"a {kind}", f"{right.dtype} numbers"
        if value.shape != right.shape:
            shape = f"{tuple(right.shape)}, by the settings"
            yield where, f"shape {tuple(value.shape)}", shape
        if not value.isfinite().all():
            yield where, "not finite", "finite numbers"
