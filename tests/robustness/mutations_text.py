"""Mutations of JSON, plain or packed, and of lines of text."""

from __future__ import annotations

import gzip
import json

import numpy as np

LEAVES = (
    None,
    True,
    -1,
    0,
    1.5,
    10**400,
    2**63,
    1e308,
    "text",
    "",
    [],
    {},
    [1],
    {"a": 1},
)
LEAVES += ("<script>", float("nan"), float("inf"), "NaN", -99, [[]], "é\u2028", [None])
WORDS = ("", "nan", "inf", "1e999", "-1", "text", "１２", "1_0", "é", '"', "0.5", "#")


def _one(items, rng):
    return items[rng.integers(len(items))]


def _places(tree, found=None) -> list[tuple]:
    """Return holder and key of every value below the top."""
    found = [] if found is None else found
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        found.append((tree, key))
        if isinstance(value, dict | list):
            _places(value, found)
    return found


def _edited(change):
    """Return a mutation that changes a tree, and writes it again."""

    def made(content: bytes, rng: np.random.Generator) -> bytes:
        is_packed = content.startswith(b"\x1f\x8b")
        tree = json.loads(gzip.decompress(content) if is_packed else content)
        change(tree, rng)
        text = json.dumps(tree).encode()
        return gzip.compress(text, mtime=0) if is_packed else text

    made.__name__, made.__doc__ = change.__name__.strip("_"), change.__doc__
    return made


def _leaf(tree, rng):
    """Put another value in the place of any value."""
    holder, key = _one(_places(tree), rng)
    holder[key] = _one(LEAVES, rng)


def _high(tree, rng):
    """Put another value in the place of one near the top."""
    near = [(tree, key) for key in tree]
    near += [(v, k) for v in tree.values() if isinstance(v, dict) for k in v]
    holder, key = _one(near, rng)
    holder[key] = _one(LEAVES, rng)


def _deep(tree, rng):
    """Put a value into many lists."""
    holder, key = _one(_places(tree), rng)
    for _ in range(_one((1, 50), rng)):
        holder[key] = [holder[key]]


def _key_gone(tree, rng):
    """Leave a key of an object or a value of a list out."""
    holder, key = _one(_places(tree), rng)
    del holder[key]


def _key_more(tree, rng):
    """Add a key that nobody knows."""
    dicts = [tree, *(h[k] for h, k in _places(tree) if isinstance(h[k], dict))]
    _one(dicts, rng)[_one(("x", "", "a b"), rng)] = _one(LEAVES, rng)


def _swapped(tree, rng):
    """Exchange two values."""
    places = _places(tree)
    (one, key), (other, name) = _one(places, rng), _one(places, rng)
    try:
        value, held = one[key], other[name]
        json.dumps([value, held])
        copy = json.loads(json.dumps([value, held]))
        one[key], other[name] = copy[1], copy[0]
    except (KeyError, IndexError, TypeError):
        return


def key_twice(content: bytes, rng: np.random.Generator) -> bytes:
    """Write a key twice."""
    is_packed = content.startswith(b"\x1f\x8b")
    text = gzip.decompress(content) if is_packed else content
    key = _one(list(json.loads(text)), rng)
    text = b"{" + json.dumps(key).encode() + b": 1, " + text.lstrip()[1:]
    return gzip.compress(text, mtime=0) if is_packed else text


def nested(content: bytes, rng: np.random.Generator) -> bytes:
    """Nest lists deeper than any parser can follow."""
    text = b'{"a":' + b"[" * 100_000
    return gzip.compress(text, mtime=0) if content.startswith(b"\x1f\x8b") else text


def recoded(content: bytes, rng: np.random.Generator) -> bytes:
    """Write the text in another encoding."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.compress(
            gzip.decompress(content).decode().encode("utf-16"), mtime=0
        )
    how = _one(("utf-16", "utf-8-sig", "utf-32"), rng)
    return content.decode("utf-8").encode(how)


def list_of_it(content: bytes, rng: np.random.Generator) -> bytes:
    """Put the whole into a list."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.compress(b"[" + gzip.decompress(content) + b"]", mtime=0)
    return b"[" + content + b"]"


def word(content: bytes, rng: np.random.Generator) -> bytes:
    """Put something else in the place of a word."""
    lines = content.decode("utf-8").split("\n")
    i = rng.integers(max(len(lines) - 1, 1))
    words = lines[i].split(" ")
    words[rng.integers(len(words))] = _one(WORDS, rng)
    lines[i] = " ".join(words)
    return "\n".join(lines).encode("utf-8")


def line_gone(content: bytes, rng: np.random.Generator) -> bytes:
    """Leave a line out."""
    lines = content.split(b"\n")
    del lines[rng.integers(len(lines))]
    return b"\n".join(lines)


def line_twice(content: bytes, rng: np.random.Generator) -> bytes:
    """Write a line twice."""
    lines = content.split(b"\n")
    lines.insert(0, _one(lines, rng))
    return b"\n".join(lines)


def word_gone(content: bytes, rng: np.random.Generator) -> bytes:
    """Leave the last word of a line out, or add one."""
    lines = content.split(b"\n")
    i = rng.integers(len(lines))
    shorter = lines[i].rpartition(b" ")[0]
    lines[i] = shorter if rng.random() < 0.5 else lines[i] + b" 1"
    return b"\n".join(lines)


def windows(content: bytes, rng: np.random.Generator) -> bytes:
    """End the lines as Windows does."""
    return content.replace(b"\n", b"\r\n")


JSON = {
    **dict.fromkeys(map(_edited, (_leaf, _high, _deep, _key_gone, _swapped)), "any"),
    _edited(_key_more): "any",
    **dict.fromkeys((key_twice, nested, recoded, list_of_it), "any"),
}
LINES = {
    **dict.fromkeys((word, line_gone, line_twice, word_gone, recoded), "any"),
    windows: "same",
}
