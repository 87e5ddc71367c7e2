"""The notebooks as they are stored."""

import nbformat
import pytest

NAMES = ("make_agg_bi_models", "compile_tuned_models", "analysis")
PARAMETERS = ("inputs = {}", "outputs = {}", "settings = {}", "provenance = {}")


@pytest.fixture(params=NAMES)
def notebook(request, checkout):
    """Return one stored notebook, validated."""
    path = checkout / "notebooks" / f"builder_{request.param}.ipynb"
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    return found


def test_stored_without_outputs(notebook):
    """Nothing that a run made is committed."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)


def test_one_cell_takes_the_parameters(notebook):
    """Papermill finds one cell to fill, holding empty stand-ins."""
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    assert [cell.source.splitlines() for cell in tagged] == [[*PARAMETERS]]


def test_cells_are_short_and_call_the_library(notebook):
    """Few lines a cell, no functions, no path games."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert max(source.count("\n") + 1 for source in code) <= 8
    for banned in ("sys.path", "def ", "pyplot", "%"):
        assert not any(banned in source for source in code), banned


def test_cells_compile_and_import(notebook):
    """Imports resolve and every name of the library that is used exists."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    imports = next(source for source in code if "import" in source)
    names = {}
    exec(imports, names)
    for source in code:
        compile(source, "cell", "exec")
    for module in ("views", "sample_figures", "style"):
        used = {
            word.split(f"{module}.")[1].split("(")[0]
            for source in code
            for word in source.replace("(", "( ").split()
            if word.startswith(f"{module}.")
        }
        assert all(hasattr(names[module], name) for name in used), used
