"""Files of a plan by their names: found as Snakemake finds them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from skyloom.run.planning import FEW, NamedOutputs, _has
from snakemake.io import IOFile
from snakemake.iocontainers import InputFiles
from snakemake.output_index import OutputIndex


@dataclass(frozen=True)
class Made:
    """What a rule says of its files."""

    files: tuple[str, ...]

    def products(self):
        """Yield the files."""
        return (IOFile(file, rule=None) for file in self.files)

    def is_producer(self, file):
        """Say whether the rule makes a file, as Snakemake's does."""
        return any(product.match(file) for product in self.products())


RULES = [
    Made(("a/1.json", "a/2.json", "logs/a.log")),
    Made(("a/3.json", "a/3.json.gz")),
    Made(("a/{x}.json",)),
    Made(("b.fits", "b/{x}/all.fits")),
    Made(("a+b/1.json", "a/1.json")),
]


FILES = ["a/1.json", "a/3.json", "a/3.json.gz", "a/9.json", "b.fits", "b/c/all.fits"]
FILES += ["a", "a/", "none", "aab/1.json", "a+b/1.json", "logs/a.log", ""]


@pytest.mark.parametrize("file", FILES)
def test_the_same_rules_make_a_file(file):
    """Named in full, by a pattern, by several rules, or by none."""
    expected = OutputIndex(RULES).match_producers(file)
    assert NamedOutputs(RULES).match_producers(file) == expected


@pytest.mark.parametrize("number", [0, 3, FEW, 5 * FEW])
def test_the_same_files_are_inputs(number):
    """Also of a list that grows."""
    files = InputFiles([IOFile(f"{i}.txt", rule=None) for i in range(number)])
    for _ in range(2):
        for name in ("0.txt", f"{number}.txt", IOFile("2.txt", rule=None)):
            assert _has(files, name) == list.__contains__(files, name)
        files.append(IOFile(f"{number}.txt", rule=None))
