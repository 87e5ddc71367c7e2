"""From which probability on a detection is in a catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from skyloom.io.documents import read_json

THRESHOLD = 0.5  # probability, where nothing was calibrated


def read_threshold(paths: Sequence[str]) -> float:
    """Return the probability from which on a catalogue is as pure as was asked for.

    Parameters
    ----------
    paths : sequence of path
        A calibration, or none.
    """
    known = read_json(paths[0]).get("threshold") if paths else None
    return THRESHOLD if known is None else float(known["value"])
