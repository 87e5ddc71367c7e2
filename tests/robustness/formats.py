"""The table of all formats of files, and the readers that are not in it.

A new reader gets a row in the list of its area: what writes a small valid file, the
reader, the kind of mutations, and what a result must be.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import formats_builder
import formats_clusters
import formats_clusters_images
import formats_config
import formats_hall
import formats_quasars
import formats_spectra
import formats_spectra_maps
import formats_spirals
import formats_spirals_tables
import skyloom

AREAS = (
    *(
        formats_hall,
        formats_config,
        formats_builder,
        formats_clusters,
        formats_clusters_images,
    ),
    *(formats_quasars, formats_spectra, formats_spectra_maps),
    *(formats_spirals, formats_spirals_tables),
)
TABLE = {row.name: row for area in AREAS for row in area.FORMATS}
# Public functions and classes of the library that are taken for readers, by name.
READER = re.compile(
    r"(read|load|open)(_\w+)?|opened|from_\w+_(json|npz)|\w+_batches|spectra_of|Store"
    r"|usable_\w+"
)
# Those that no file can reach by themselves, and why.
EXCEPTIONS = {
    "spectra.rest.files.open_array": "writes",
    "spectra.simulation.populations.read_library": "54 files of a package, fixed size",
    "spectra.simulation.noise.read_noise": "a resource of the checkout, without a path",
    "io.tables.read_own_csv": "of ours, without a checksum; test_tables cuts it",
    "io.hdf5.read_tree": "of an opened file; Store calls it",
    "quasars.network.graph.read_graph": "of a mapping; read_parameters calls it",
    "clusters.inference.survey_tile.read_windows": "of an opened tile",
    "spirals.gz3d.vertices.read_paths": "of a cell; read_gz3d calls it",
    "spirals.gz3d.vertices.read_clicks": "of a cell; read_gz3d calls it",
}


def readers() -> set[str]:
    """Return the readers of the library as ``module.name`` below skyloom."""
    root, found = Path(skyloom.__file__).parent, set()
    for path in root.rglob("*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = isinstance(node, ast.FunctionDef | ast.ClassDef)
            if named and READER.fullmatch(node.name):
                found.add(f"{module}.{node.name}")
    return found


def registered() -> set[str]:
    """Return the readers of the table, named alike."""
    return {
        f"{row.reader.__module__}.{row.reader.__qualname__}".removeprefix("skyloom.")
        for row in TABLE.values()
    }
