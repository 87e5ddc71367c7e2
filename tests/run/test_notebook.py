"""Executed notebooks hold nothing that changes from run to run."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from skyloom.run.notebook import (
    execute,
    kernel_home,
    named_files,
    run_rule,
    timeless,
)


@pytest.fixture
def notebook(tmp_path) -> Path:
    """Return a stored notebook that uses the library, warns and shows an object."""
    new = nbformat.v4
    parameters = new.new_code_cell(
        "inputs, outputs, settings, provenance = {}, {}, {}, {}"
    )
    parameters.metadata["tags"] = ["parameters"]
    work = new.new_code_cell(
        "import sys\n"
        "from skyloom.io.atomic import write_text\n"
        "print('to the log', file=sys.stderr)\n"
        "write_text(outputs['text'], settings['word'])\n"
        "object()"
    )
    path = tmp_path / "work.ipynb"
    nbformat.write(new.new_notebook(cells=[parameters, work]), path)
    return path


def test_same_run_same_bytes(notebook, tmp_path, checkout):
    """Two executions give the same product and the same executed copy."""
    made = []
    for name in ("a", "b"):
        product = tmp_path / name / "work.ipynb"
        text = str(tmp_path / "text.txt")
        parameters = {"outputs": {"text": text}, "settings": {"word": "said"}}
        execute(notebook, product, parameters, checkout / "workflow" / "lib")
        made.append(product.read_bytes())
        assert Path(text).read_text() == "said"
    assert made[0] == made[1]
    assert b" at 0x" not in made[0]
    assert b'"stderr"' not in made[0]
    assert b"start_time" not in made[0]


def test_a_rule_runs_the_notebook_of_its_area(notebook, tmp_path):
    """On the rule's own files; the executed copy is named as the notebook is."""
    house = tmp_path / "house"
    (house / "notebooks").mkdir(parents=True)
    notebook.rename(house / "notebooks" / "builder_work.ipynb")
    (house / "workflow").symlink_to(Path(__file__).parents[2] / "workflow")
    product = tmp_path / "out" / "work.ipynb"
    job = SimpleNamespace(
        rule="builder_analyse",
        checkout=house,
        input={"table": "in.csv"},
        output={"notebook": str(product), "text": str(tmp_path / "text.txt")},
        settings={"word": "said"},
        provenance=dict,
    )
    run_rule(job)
    assert product.exists()
    assert (tmp_path / "text.txt").read_text() == "said"


def test_error_leaves_no_product(tmp_path, checkout):
    """A cell that raises leaves nothing behind, and its error is told."""
    cell = nbformat.v4.new_code_cell("raise ValueError('no such luck')")
    path, product = tmp_path / "bad.ipynb", tmp_path / "out.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    with pytest.raises(Exception, match="no such luck"):
        execute(path, product, {}, checkout / "workflow" / "lib")
    assert not product.exists()


def test_no_kernel_is_interrupted_at_its_end(tmp_path, checkout):
    """It would complain of that: it ends at once, and has no last words."""
    words = tmp_path / "last.txt"
    cell = nbformat.v4.new_code_cell(
        "import atexit, pathlib\n"
        f"atexit.register(pathlib.Path({str(words)!r}).write_text, 'interrupted')"
    )
    path, product = tmp_path / "a.ipynb", tmp_path / "out.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    execute(path, product, {}, checkout / "workflow" / "lib")
    assert product.exists()
    assert not words.exists()


def test_timeless_numbers_the_cells():
    """Random cell ids become their position."""
    cells = [nbformat.v4.new_code_cell(text) for text in "ab"]
    book = timeless(nbformat.v4.new_notebook(cells=cells))
    assert [cell.id for cell in book.cells] == ["cell-0", "cell-1"]


def test_environment_is_put_back(tmp_path):
    """Nothing of the kernel's environment stays behind."""
    before = dict(os.environ)
    with kernel_home(tmp_path):
        assert os.environ["PYTHONPATH"] == str(tmp_path)
    assert dict(os.environ) == before


def test_named_files_are_plain():
    """One path stays a text, several become a list."""
    assert named_files({"a": "x", "b": ("y", "z")}) == {"a": "x", "b": ["y", "z"]}


def test_kernels_share_no_socket(notebook, tmp_path, monkeypatch):
    """Two that start in one folder at one time would read each other's messages."""
    seen = []

    def run(path, product, **options):
        seen.append(options["config"]["KernelManager"]["ip"])
        return nbformat.read(path, as_version=4)

    monkeypatch.setattr("papermill.execute_notebook", run)
    for name in ("a", "b"):
        execute(notebook, tmp_path / name, {}, tmp_path)
    assert len(set(seen)) == 2
    assert not any(Path(place).is_relative_to(Path.cwd()) for place in seen)


def test_stored_notebooks_name_their_cells(checkout):
    """Where a cell has no id, each reader warns, and that is an error here."""
    books = sorted((checkout / "notebooks").glob("*.ipynb"))
    cells = [c for book in books for c in nbformat.read(book, as_version=4).cells]
    assert cells
    assert all(cell.id for cell in cells)
