"""Notebooks as steps of the workflow: executed by papermill, the same bytes each time.

A notebook gets three names in its cell tagged ``parameters``: ``inputs`` and
``outputs`` (dicts of paths, or of lists of paths) and ``settings`` (a dict). It runs
in the job's own Python, whatever kernels the user has registered.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skyloom.io.atomic import write_text
from skyloom.run.job import Job

KERNEL = "python3"
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def execute(notebook: Path, product: Path, parameters: Mapping, library: Path) -> None:
    """Run a notebook, with parameters that are JSON-plain, and keep the executed copy.

    The copy is written whole or not at all; a cell that raises is a
    papermill.PapermillExecutionError with its traceback. `library` is the folder that
    `skyloom` is imported from.
    """
    import nbformat  # noqa: PLC0415 - heavy, and needed by this function alone
    import papermill  # noqa: PLC0415
    from traitlets.config import Config  # noqa: PLC0415

    with kernel_home(library) as home:
        # Not TCP, which other users of a shared node could listen to; and sockets of
        # its own, which kernels that start in one folder at one time would share.
        sockets = {"transport": "ipc", "ip": f"{home}/kernel"}
        # Otherwise it is interrupted, and complains of that, before it is asked to end.
        killed = {"shutdown_kernel": "immediate"}
        executed = papermill.execute_notebook(
            str(notebook),
            None,
            parameters=dict(parameters),
            kernel_name=KERNEL,
            language="python",
            progress_bar=False,
            config=Config(KernelManager=sockets, NotebookClient=killed),
        )
    write_text(product, nbformat.writes(timeless(executed)) + "\n")


def run_rule(job: Job) -> None:
    """Run the notebook of a rule, ``<area>_<its output notebook>``, on its files."""
    area = job.rule.partition("_")[0]
    outputs = named_files(job.output)
    product = Path(outputs.pop("notebook"))
    parameters = {
        "inputs": named_files(job.input),
        "outputs": outputs,
        "settings": job.settings,
        "provenance": job.provenance(),
    }
    notebook = job.checkout / "notebooks" / f"{area}_{product.name}"
    execute(notebook, product, parameters, job.checkout / "workflow" / "lib")


def named_files(files) -> dict[str, str | list[str]]:
    """Return Snakemake's named inputs or outputs as plain strings and lists."""
    return {
        name: str(one) if isinstance(one, str) else [str(path) for path in one]
        for name, one in files.items()
    }


def timeless(notebook):
    """Return a notebook, changed in place, without times, random ids, addresses."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = [out for out in map(_plain, cell.outputs) if out]
    return notebook


def _plain(output):
    """Drop what was written to standard error (the log has it) and addresses."""
    if output.output_type == "stream":
        return None if output.name == "stderr" else output
    data = output.get("data", {})
    if isinstance(data.get("text/plain"), str):
        data["text/plain"] = ADDRESS.sub("", data["text/plain"])
    return output


@contextmanager
def kernel_home(library: Path) -> Iterator[str]:
    """Give kernels started inside the block the library and a home of their own.

    Kernel files go to a temporary folder: nothing of the user's is read or written.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="skyloom-") as home:
        os.environ.update(
            PYTHONPATH=str(library),
            JUPYTER_RUNTIME_DIR=home,
            IPYTHONDIR=home,
            JUPYTER_PREFER_ENV_PATH="1",
            MPLBACKEND="module://matplotlib_inline.backend_inline",
            PYDEVD_DISABLE_FILE_VALIDATION="1",
        )
        try:
            yield home
        finally:
            os.environ.clear()
            os.environ.update(before)
