"""A plan of many files: Snakemake looks them up by name, not one after the other.

Snakemake 9.27 finds the rule that makes a file by trying a regular expression for each
file of every rule that may make it, and looks for it among all inputs of that rule:
with hundreds of files to a chunk, minutes to hours of a dry run. A file's name without
wildcards needs no expression. What is planned is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from snakemake.iocontainers import InputFiles
from snakemake.output_index import OutputIndex
from snakemake.rules import Rule

FEW = 20  # inputs of a job that are looked through as fast as they are looked up
_KNOWN: dict[int, tuple[InputFiles, int, frozenset[str]]] = {}


class NamedOutputs(OutputIndex):
    """Rules by the names of the files that they make; patterns are Snakemake's."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._named: dict[str, set[Rule]] = defaultdict(set)
        patterned = []
        for rule in rules:
            products = list(rule.products())
            if any(product.contains_wildcard() for product in products):
                patterned.append(rule)
            else:
                for product in products:
                    self._named[str(product)].add(rule)
        super().__init__(patterned)

    def match_producers(self, targetfile: str) -> set[Rule]:
        """Return all rules that make the file."""
        named = self._named.get(str(targetfile), set())
        return named | super().match_producers(targetfile)


def _has(files: InputFiles, file: object) -> bool:
    """Say whether a file is among the inputs of a job, which stay with its plan."""
    if len(files) < FEW:
        return list.__contains__(files, file)
    known = _KNOWN.get(id(files))
    if known is None or known[0] is not files or known[1] != len(files):
        known = (files, len(files), frozenset(map(str, files)))
        _KNOWN[id(files)] = known
    return str(file) in known[2]


def _index(dag) -> None:
    dag.output_index = NamedOutputs(dag.rules)


def quicken() -> None:
    """Let Snakemake look up files by name in this process."""
    from snakemake.dag import DAG  # noqa: PLC0415 - cannot be the first of its imports

    DAG.update_output_index = _index
    InputFiles.__contains__ = _has
