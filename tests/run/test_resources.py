"""Resources: more at each attempt."""

from __future__ import annotations

from skyloom.run.resources import by_attempt


def test_request_grows_with_attempts():
    """The first attempt asks for the plain amount, the next for multiples."""
    request = by_attempt(2000)
    assert [request(None, attempt) for attempt in (1, 2, 3)] == [2000, 4000, 6000]
