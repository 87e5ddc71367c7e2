"""Code digests: what must change them and what must not."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import pytest
from skyloom.run import digest, modules, reach, statements

LIBRARY = {
    "__init__.py": '"""A toy library."""\n__version__ = "1"\n',
    "hall/__init__.py": "from skyloom.hall.read import read as read\n",
    "hall/read.py": '''
        """Reading."""
        import json
        LIMIT = 3

        def read(path):
            """Read."""
            return json.loads(path)[:LIMIT]  # at most

        def unused(path):
            return path
        ''',
    "room/__init__.py": "",
    "room/shapes.py": '''
        from __future__ import annotations
        from dataclasses import dataclass
        import numpy as np
        from .maths import area
        from . import maths as sums

        GRID = np.linspace(0, 1, 5)
        REGISTRY = {}

        @dataclass
        class Disk:
            """A disk."""
            r: float

            def size(self):
                return area(self.r)

        def ring(r, helper=sums.half):
            return helper(r) * GRID

        def square(r):
            from skyloom.room.late import late
            return late(r)
        ''',
    "room/maths.py": """
        import math as m

        def area(r):
            return m.pi * _square(r)

        def _square(r):
            return r * r

        def half(r):
            return r / 2
        """,
    "room/late.py": "def late(r):\n    return r\n\ndef other(r):\n    return -r\n",
    "room/acts.py": """
        import functools
        from skyloom.room import deco

        TABLE = {}
        NAMES = []

        def register(function):
            TABLE[function.__name__] = function
            return function

        def noted(function):
            NAMES.append(function.__name__)
            return function

        def quiet(function):
            @functools.wraps(function)
            def wrapper(x):
                found = {}
                found[x] = function(x)
                return found[x]
            return wrapper

        @register
        def first(x):
            return x

        @noted
        def second(x):
            return x + 2

        @quiet
        def third(x):
            return x + 3

        @deco.quiet
        def fourth(x):
            return x + 5

        @deco.noted
        def fifth(x):
            return x + 6

        def build():
            return 7

        BUILT = build()
        build()

        def count():
            global COUNT
            COUNT = 1
            return 9

        COUNTED = count()

        def pure():
            return 11

        HARMLESS = pure()

        def plain(x):
            return x
        """,
    "room/deco.py": """
        ALL = []

        def quiet(function):
            return lambda x: function(x)

        def noted(function):
            ALL.append(function)
            return function
        """,
    "room/tricks.py": "def f(x):\n    return globals()[x]\n\ndef g():\n    return 1\n",
    "room/keys.py": """
        from skyloom.room.keeping import Section, key

        class Fit(Section):
            radius: float = key(3.0, "Outer radius.", "px", gt=0)
        """,
    "room/keeping.py": """
        class Section:
            pass

        def key(default, sentence, unit="", **limits):
            return default
        """,
    "room/whole.py": "def a():\n    return 1\n\ndef b():\n    return 2\n",
}

SCRIPTS = {
    "read.py": "from skyloom.hall import read\nread(1)\n",
    "disk.py": "from skyloom.room.shapes import Disk\nDisk(1).size()\n",
    "ring.py": "from skyloom.room import shapes\nshapes.ring(2)\n",
    "square.py": "import skyloom.room.shapes\nskyloom.room.shapes.square(2)\n",
    "acts.py": "from skyloom.room.acts import plain\nplain(1)\n",
    "keys.py": "from skyloom.room.keys import Fit\nFit()\n",
    "tricks.py": "from skyloom.room.tricks import g\ng()\n",
    "whole.py": "from skyloom.room import whole\ngetattr(whole, 'a')()\n",
    "types.py": "from typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    from skyloom.room.late import late\nprint(1)\n",
}

NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# Title"]},
        {
            "cell_type": "code",
            "source": ["%matplotlib inline\n", "from skyloom.room.late import late\n"],
            "outputs": [],
            "execution_count": None,
        },
        {"cell_type": "code", "source": ["late(2)"], "outputs": []},
    ]
}

ENV = "channels: [conda-forge]\ndependencies:\n  - numpy=2\n  - scipy=1\n"
LOCK = "# pinned\nkeras==3\nnumpy==2.0\nnumpy-x==1\nSciPy==1.0\ntorch==1\n"

# What is edited, from, to, and the sources whose digests change.
EDITS = {
    "a function": ("hall/read.py", "[:LIMIT]", "[1:LIMIT]", {"read.py"}),
    "a constant": ("hall/read.py", "LIMIT = 3", "LIMIT = 4", {"read.py"}),
    "an unused neighbour": ("hall/read.py", "return path", "return 1", set()),
    "a docstring": ("hall/read.py", '"""Read."""', '"""Get."""', set()),
    "a docstring removed": ("hall/read.py", '"""Read."""', "", set()),
    "a class docstring": ("room/shapes.py", '"""A disk."""', '"""Disc."""', set()),
    "a comment": ("hall/read.py", "# at most", "# no more than", set()),
    "layout": ("hall/read.py", "json.loads(path)", "json.loads(\n path\n )", set()),
    "the version": ("__init__.py", '"1"', '"2"', set()),
    "a private helper": ("room/maths.py", "r * r", "r**2", {"disk.py"}),
    "a default argument": ("room/maths.py", "r / 2", "r / 3", {"ring.py"}),
    "a method": ("room/shapes.py", "area(self.r)", "2 * area(self.r)", {"disk.py"}),
    "a class decorator": ("room/shapes.py", "@dataclass", "@print", {"disk.py"}),
    "a field": ("room/shapes.py", "r: float", "r: float = 1", {"disk.py"}),
    "an outside table": ("room/shapes.py", "0, 1, 5", "0, 1, 6", {"ring.py"}),
    "the meaning of a name": ("room/maths.py", "math as m", "cmath as m", {"disk.py"}),
    "a late import": ("room/late.py", "return r", "return 2 * r", {"square.py", "n"}),
    "beside a late import": ("room/late.py", "return -r", "return +r", set()),
    "a registered function": ("room/acts.py", "return x", "return -x", {"acts.py"}),
    "a function in a list": ("room/acts.py", "x + 2", "x + 4", {"acts.py"}),
    "a decorator without effect": ("room/acts.py", "x + 3", "x + 4", set()),
    "another module's decorator": ("room/acts.py", "x + 5", "x + 7", set()),
    "another module's list": ("room/acts.py", "x + 6", "x + 7", {"acts.py"}),
    "a call at import": ("room/acts.py", "return 7", "return 8", {"acts.py"}),
    "a global at import": ("room/acts.py", "return 9", "return 8", {"acts.py"}),
    "an unused value": ("room/acts.py", "return 11", "return 12", set()),
    "a dynamic module": ("room/tricks.py", "[x]", "[x + x]", {"tricks.py"}),
    "a module taken whole": ("room/whole.py", "return 2", "return 3", {"whole.py"}),
    "a key's default": ("room/keys.py", "3.0", "4.0", set()),
    "a key's words": ("room/keys.py", "Outer", "Inner", set()),
    "a key's type": ("room/keys.py", "float", "int", {"keys.py"}),
    "a key's name": ("room/keys.py", "radius", "size", {"keys.py"}),
    "a new function": (
        "room/maths.py",
        "def half",
        "def n():\n    1\n\ndef half",
        set(),
    ),
}


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Make a checkout with a toy library, scripts, a notebook and an environment."""
    library = tmp_path / "workflow" / "lib"
    monkeypatch.setattr(modules, "LIBRARY", library)
    monkeypatch.setattr(digest, "ROOT", tmp_path)
    monkeypatch.setattr(digest, "LIBRARY", library)
    monkeypatch.setattr(digest, "KEPT", tmp_path / "kept" / "digests.json")
    monkeypatch.setattr(statements, "KEPT", tmp_path / "kept" / "statements")
    for name, text in LIBRARY.items():
        write(library / "skyloom" / name, textwrap.dedent(text))
    for name, text in SCRIPTS.items():
        write(tmp_path / name, text)
    write(tmp_path / "n.ipynb", json.dumps(NOTEBOOK))
    write(tmp_path / "env.yaml", ENV)
    write(tmp_path / "lock.txt", LOCK)
    yield tmp_path
    forget()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def forget() -> None:
    modules.library_module.cache_clear()
    digest._library.cache_clear()
    reach._running.cache_clear()
    digest.code_of.cache_clear()


def digests(env: str | None = None) -> dict[str, str]:
    """Return the digest of every source, as a new process would find it."""
    forget()
    found = {name: digest.code_of(name, env=env) for name in SCRIPTS}
    return found | {"n": digest.code_of("n.ipynb", env=env)}


def changed(before: dict, after: dict) -> set[str]:
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_edit_changes_its_users_only(house, edit):
    """An edit changes the digests of the sources that reach it, and no other."""
    name, old, new, expected = EDITS[edit]
    before = digests()
    path = house / "workflow" / "lib" / "skyloom" / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    assert changed(before, digests()) == expected


def test_definitions_may_trade_places(house):
    """Moving a function within its file changes nothing."""
    before = digests()
    path = house / "workflow/lib/skyloom/room/late.py"
    first, second = path.read_text().split("\n\n")
    path.write_text(f"{second}\n\n{first}\n")
    assert changed(before, digests()) == set()


def test_folder_times_and_working_directory_do_not_count(house, monkeypatch):
    """A moved, touched checkout called from elsewhere has the same digests."""
    before = digests()
    moved = house.rename(house.with_name("elsewhere"))
    for path in moved.rglob("*.py"):
        os.utime(path, (1, 1))
    monkeypatch.setattr(modules, "LIBRARY", moved / "workflow" / "lib")
    monkeypatch.setattr(digest, "ROOT", moved)
    monkeypatch.setattr(digest, "LIBRARY", moved / "workflow" / "lib")
    digest.KEPT.unlink(missing_ok=True)
    monkeypatch.chdir("/")
    assert digests() == before


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("numpy=2", "numpy=3", True),
        ("numpy=2", "numpy=2  # why", False),
        ("  - numpy=2\n  - scipy=1", "  - scipy=1\n  - numpy=2", False),
        ("channels: [conda-forge]\n", "", True),
        ("numpy=2", "pip: [a==1, b==2]", True),
    ],
)
def test_environment_counts_by_content(house, old, new, counts):
    """Pins and channels count; comments and order do not."""
    before = digests("env.yaml")
    write(house / "env.yaml", ENV.replace(old, new))
    assert changed(before, digests("env.yaml")) == (set(before) if counts else set())


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("numpy==2.0", "numpy==2.1", True),
        ("SciPy==1.0", "scipy==1.1", True),
        ("torch==1", "torch==2", True),
        ("keras==3", "keras==4", False),
        ("numpy-x==1", "numpy-x==2", False),
        ("# pinned", "# of today", False),
        ("keras==3\n", "", False),
    ],
)
def test_lock_counts_by_the_packages_of_the_environment(house, old, new, counts):
    """What `make` installs counts where an environment names it, and nowhere else."""
    write(house / "env.yaml", ENV + "  - pytorch=1\n")
    before = digests("env.yaml")
    write(house / "lock.txt", LOCK.replace(old, new))
    assert changed(before, digests("env.yaml")) == (set(before) if counts else set())


def test_order_of_pip_pins_does_not_count(house):
    """The pip section is a set, too."""
    pinned = ENV + "  - pip: [a==1, b==2]\n"
    write(house / "env.yaml", pinned)
    before = digests("env.yaml")
    write(house / "env.yaml", pinned.replace("a==1, b==2", "b==2, a==1"))
    assert digests("env.yaml") == before


def test_notebook_counts_by_its_code(house):
    """Markdown, outputs and counts do not matter; code does."""
    before = digests()
    tree = json.loads(json.dumps(NOTEBOOK))
    tree["cells"][0]["source"] = ["# Another title"]
    tree["cells"][1] |= {"outputs": [{"text": "x"}], "execution_count": 3}
    write(house / "n.ipynb", json.dumps(tree))
    assert digests() == before
    tree["cells"][2]["source"] = ["late(3)"]
    write(house / "n.ipynb", json.dumps(tree))
    assert changed(before, digests()) == {"n"}


def test_several_sources_make_one_digest(house):
    """A rule that runs a notebook watches its adapter and the notebook."""
    alone = digest.code_of("read.py", env=None)
    both = digest.code_of("read.py", "n.ipynb", env=None)
    assert len({alone, both, digest.code_of("n.ipynb", env=None)}) == 3


def test_missing_source_is_an_error(house):
    """A rule whose script does not exist is refused."""
    with pytest.raises(FileNotFoundError, match=r"nothing\.py"):
        digest.code_of("nothing.py", env=None)


def test_digests_are_kept_for_the_next_process(house, monkeypatch):
    """A second start reads no code; it finds what the first one left."""
    before = digests()
    monkeypatch.setattr(digest, "reached", None)
    assert digests() == before


def test_statements_are_read_once(house, monkeypatch):
    """An edit costs the reading of its own file; the others are as they were kept."""
    before, parse, read = digests(), statements.ast.parse, []
    monkeypatch.setattr(
        statements.ast, "parse", lambda text, **_: read.append(text) or parse(text)
    )
    path = house / "workflow/lib/skyloom/room/maths.py"
    path.write_text(path.read_text().replace("r * r", "r**2"))
    assert changed(before, digests()) == {"disk.py"}
    assert read == [path.read_text()]


@pytest.mark.parametrize("text", ["", "{", "[]", "[true, [[1]]]"])
def test_damaged_statements_are_read_again(house, text):
    """Rubbish among what was kept costs the reading and changes nothing."""
    before = digests()
    digest.KEPT.unlink()
    for path in statements.KEPT.iterdir():
        path.write_text(text)
    assert digests() == before


def test_kept_digests_are_of_the_present_state(house):
    """Any changed byte of the library is looked at again."""
    before = digests()
    write(house / "workflow/lib/skyloom/room/late.py", "def late(r):\n    return 5\n")
    assert changed(before, digests()) == {"square.py", "n"}


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_damaged_store_is_made_again(house, text):
    """Rubbish in the store costs a second and changes nothing."""
    before = digests()
    digest.KEPT.write_text(text)
    assert digests() == before


def test_read_only_folder_is_no_obstacle(house, monkeypatch):
    """Where nothing can be kept, digests are worked out each time."""
    (house / "file").write_text("")
    before = digests()
    monkeypatch.setattr(digest, "KEPT", house / "file" / "digests.json")
    assert digests() == before
