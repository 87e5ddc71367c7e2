"""Resources: more at each attempt."""

from __future__ import annotations

from types import SimpleNamespace

from skyloom.run.resources import by_attempt, memory


def test_request_grows_with_attempts():
    """The first attempt asks for the plain amount, the next for multiples."""
    request = by_attempt(2000)
    assert [request(None, attempt) for attempt in (1, 2, 3)] == [2000, 4000, 6000]


def test_memory_follows_threads_and_inputs():
    """Each worker counts, and each MB that is held; all of it grows with attempts."""
    inputs = SimpleNamespace(size_mb=30.0)
    request = memory(500, per_thread=200, per_input_mb=2.0)
    assert request(None, inputs, attempt=1, threads=4) == 500 + 800 + 60
    assert request(None, inputs, attempt=2, threads=4) == 2 * (500 + 800 + 60)
    assert memory(500)(None, None, attempt=3, threads=1) == 1500
