"""Where things lie, and how they are called."""

from pathlib import Path

import pytest
from skyloom.run import places


def test_messages_call_snakemake_as_the_readme_does():
    """Where the tests run in the checkout's own software, as `make test` does."""
    if not places.OWN:
        pytest.skip("this Python is not that of the checkout's .venv")
    said = places.SNAKEMAKE.removeprefix(f"{places.ROOT}/")
    assert Path(places.ROOT, said).is_file()
    assert said in Path(places.ROOT, "README.md").read_text()
