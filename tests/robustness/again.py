"""Read one mutant again, and show what comes: ``again.py "coadd" 395``.

To be called by the python of the checkout, at its root.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(name: str, number: int) -> None:
    """Write the mutant into a folder that stays, and read it."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    places = told["tool"]["pytest"]["ini_options"]["pythonpath"]
    sys.path[:0] = [str(ROOT / place) for place in places]
    import attempts
    import mutations
    from formats import TABLE

    whole = attempts.original(TABLE[name], Path(tempfile.mkdtemp()))
    outcome, made, why = attempts.attempt(whole, number)
    print(f"{made.change}, reach {made.reach}: {outcome}: {why}")
    print(f"the mutant: {whole.path}")
    whole.path.write_bytes(made.content)
    _, objects = whole.form.told(whole.path)
    odd = {k: v for k, v in objects.items() if whole.objects.get(k) != v}
    print("read; what differs:", {str(k): v[:400] for k, v in odd.items()})
    assert mutations.mutant(whole.form.kind, whole.content, name, number) == made


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
