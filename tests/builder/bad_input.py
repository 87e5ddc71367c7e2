"""Cases of malformed inputs, and how a reader has to refuse them."""

import json

import numpy as np
import pytest
from skyloom.builder.drawings.upstream import read_upstream
from skyloom.io.errors import InputError


def as_json(tree, **changes) -> bytes:
    plain = {k: np.asarray(v).tolist() for k, v in {**tree, **changes}.items()}
    return json.dumps(plain).encode()


def less(tree, name):
    return {k: v for k, v in tree.items() if k != name}


def npz_of(tree, **changes):
    def write(path):
        with path.open("wb") as file:
            np.savez(file, **{**tree, **changes})

    return write


def named(cases):
    """Run a test for each case, whose names are distinct."""
    names = [case[0] for case in cases]
    assert len(names) == len(set(names))
    return pytest.mark.parametrize("case", cases, ids=names)


def written(folder, content, reader):
    suffix = ".json.gz" if reader is read_upstream else ".input"
    path = folder / f"bad{suffix}"
    if callable(content):
        content(path)
    elif content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(case, folder):
    """Check that a reader refuses a file with one clear error that begins with it.

    Each case is (name, bytes of the file or a function that writes it, reader, what the
    message says). Nothing is written beside the file.
    """
    _, content, reader, message = case
    path = written(folder, content, reader)
    with pytest.raises(InputError, match=message) as error:
        reader(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    assert list(folder.iterdir()) == ([path] if path.exists() else [])
