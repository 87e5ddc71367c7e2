"""Every file of a run, its checksum, what it was made from; and whether that holds.

The manifest names files relative to the run's folder, and inputs from elsewhere as the
products' own records (`run.provenance`) do: it stays true where the folder is moved,
and the same products give the same bytes. What made a product is taken from what
Snakemake keeps of each output, plain tables included; the versions, from the log.
"""

from __future__ import annotations

import ast
import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.io.record import checksum, digest_of, named
from skyloom.run.log import NAME, progress
from skyloom.run.places import SNAKEMAKE
from skyloom.run.provenance import VERSIONS

MANIFEST = "manifest.json"
# Unfinished work, locks and marks of Snakemake are no products.
ASIDE = {".skyloom", ".lock", ".snakemake_timestamp", "report.html"}
CODE = re.compile(r"[0-9a-f]{64}")
LISTED = 10  # files of each kind that a complaint names; the log has all
AGAIN = f"{SNAKEMAKE} --cores all"
LIST_ANEW = f"{AGAIN} -f manifest"
Records = Callable[[str], object | None]  # a file to what Snakemake keeps of it


class ManifestError(RuntimeError):
    """Files of a run are not what its manifest says."""


def write(path: str | Path, records: Records, threads: int = 1) -> None:
    """List all files of the folder of `path`, and what they were made from, in `path`.

    Parameters
    ----------
    path : str or Path
        ``<results>/<run>/manifest.json``, as rules write the paths of this folder.
    records : callable
        A path, as rules write it, to Snakemake's record of it, or None: with ``rule``,
        ``input``, ``input_checksums``, ``params``, ``log`` and ``starttime``.
    threads : int
        Files that are read at once.
    """
    folder, makings, products = str(Path(path).parent), {}, {}
    sums = _sums(folder, threads)
    for name, found in progress(sums.items(), "what files were made from"):
        making = _making(_record(name, folder, records), folder)
        key = making and f"{making['rule']}-{digest_of(making)[:12]}"
        makings |= {key: making} if key else {}
        products[name] = {**found, "made": key}
    tree = {"products": products, "makings": makings}
    odd = {
        "that no rule is known to have made": [
            name for name, one in products.items() if one["made"] is None
        ],
        "made from other inputs than there are": _stale(tree),
    }
    for what, names in odd.items():
        for name in names:
            logging.getLogger(NAME).info("%s: %s", what, name)
        if names:
            line, dots = "%d files %s: %s%s", ", ..." if len(names) > LISTED else ""
            first = ", ".join(names[:LISTED])
            logging.getLogger(NAME).warning(line, len(names), what, first, dots)
    write_json(path, tree, indent=1)


def verify(path: str | Path, threads: int = 1) -> int:
    """Compare a run's files with its manifest; return how many there are.

    Raises
    ------
    InputError
        There is no manifest, or it is damaged.
    ManifestError
        Files are missing, changed, or not listed, or not made from what there is.
    """
    if not Path(path).exists():
        raise InputError(path, "no such file", remedy=f"make it: {AGAIN} manifest")
    kept = read_json(path)
    if not {"products", "makings"} <= set(kept):
        raise InputError(path, "no manifest", remedy=f"make it: {LIST_ANEW}")
    if complaints := list(_complaints(kept, str(Path(path).parent), threads)):
        last = f"If the run has gone on since, list its files anew: {LIST_ANEW}"
        raise ManifestError("\n".join([f"{path} does not hold:", *complaints, last]))
    return len(kept["products"])


def _complaints(kept: Mapping, folder: str, threads: int) -> Iterator[str]:
    """Yield a line for each kind of disagreement: the files, and what to do."""
    listed, there = kept["products"], _sums(folder, threads)
    both = sorted(set(listed) & set(there))
    kinds = {
        "missing": (sorted(set(listed) - set(there)), f"{AGAIN} FILE"),
        "changed": (
            [x for x in both if there[x]["sha256"] != listed[x]["sha256"]],
            f"rm FILE; {AGAIN} FILE",
        ),
        "made from other inputs than there are": (
            _stale(kept),
            f"rm FILE; {AGAIN} FILE",
        ),
        "not listed": (sorted(set(there) - set(listed)), "rm FILE"),
    }
    for kind, (names, remedy) in kinds.items():
        for name in names:
            logging.getLogger(NAME).warning("%s: %s/%s", kind, folder, name)
        if names:
            dots = ", ..." if len(names) > LISTED else ""
            first = ", ".join(f"{folder}/{name}" for name in names[:LISTED])
            yield f"{len(names)} {kind}: {first}{dots}; for each, {remedy}"


def _stale(kept: Mapping) -> list[str]:
    """Return the products of which an input is not any more what it was."""
    changed = {key for key, one in kept["makings"].items() if one["changed"]}
    return sorted(
        name for name, one in kept["products"].items() if one["made"] in changed
    )


def _sums(folder: str, threads: int) -> dict[str, dict]:
    """Return size and SHA-256 of each file below a folder, by relative name."""
    names = sorted(_files(Path(folder)))
    paths = [Path(folder, name) for name in names]
    with ThreadPoolExecutor(threads) as pool:
        sums = progress(pool.map(checksum, paths), "checksums", len(paths))
        return {
            name: {"sha256": digest, "size": path.stat().st_size}
            for name, path, digest in zip(names, paths, sums, strict=True)
        }


def _files(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = set(folders) - ASIDE
        for name in set(files) - ASIDE:
            relative = Path(place, name).relative_to(folder)
            if str(relative) != MANIFEST:
                yield str(relative)


def _record(name: str, folder: str, records: Records) -> object | None:
    """Return the record of a file, or of the folder that a rule made it in."""
    places = (path for path in (Path(name), *Path(name).parents) if path.name)
    return next(filter(None, (records(f"{folder}/{place}") for place in places)), None)


def _making(record, folder: str) -> dict | None:
    """Return rule, code, settings, inputs and versions of a product.

    ``changed`` names inputs that have other bytes now: Snakemake, which goes by times,
    does not see an input that was exchanged for an older one.
    """
    if record is None or record.rule is None:
        return None
    known = {one: _sum(one, record) for one in record.input or ()}
    there = [one for one, digest in known.items() if digest and Path(one).is_file()]
    within = {one for one in known if one.startswith(f"{folder}/")}
    outside = {Path(one): sha for one, sha in known.items() if one not in within}
    params = [ast.literal_eval(one) for one in record.params or ()]
    settings = next((one for one in params if isinstance(one, dict)), {})
    return {
        "rule": record.rule,
        "code": next((one for one in params if CODE.fullmatch(str(one))), None),
        "config": digest_of(settings),
        "changed": sorted(Path(x).name for x in there if checksum(x) != known[x]),
        "inputs": {one.removeprefix(f"{folder}/"): known[one] for one in within},
        "sources": {name: outside[one] for name, one in named(outside).items()},
        "versions": next(filter(None, map(_versions, record.log or ())), None),
    }


def _sum(path: str, record) -> str | None:
    """Return the SHA-256 of an input when it was used; None where nobody knows.

    Snakemake keeps it, but of a large file: that counts as what was used as long as it
    is not younger, which is also when Snakemake makes its products again.
    """
    digest = (record.input_checksums or {}).get(path)
    if digest:
        return digest.removeprefix("sha256:")
    with suppress(OSError):
        if Path(path).is_file() and Path(path).stat().st_mtime <= record.starttime:
            return checksum(path)
    return None


@cache
def _versions(log: str) -> dict | None:
    """Return the versions that a job left in its log; None if it is lost."""
    with suppress(OSError, ValueError), Path(log).open(encoding="utf-8") as lines:
        for line in lines:
            if VERSIONS in line:
                return json.loads(line.split(VERSIONS, 1)[1])
    return None
