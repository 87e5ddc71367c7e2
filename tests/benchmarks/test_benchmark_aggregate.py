"""Speed of the aggregation against a re-statement of the published method.

Both run in one process on one core; processor time is compared, so that a busy
machine does not decide.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from builder.aggregation.test_aggregate import volunteer
from skyloom.builder.aggregation.aggregate import aggregate_subject
from skyloom.builder.config import AggregateSettings
from threadpoolctl import threadpool_limits
from upstream_aggregate import aggregate

pytestmark = pytest.mark.benchmark
LEAST_RATIO = 20


def processor_time(function, *arguments):
    """Return the processor time of a call [s]."""
    with threadpool_limits(1):
        start = time.process_time()
        function(*arguments)
        return time.process_time() - start


def test_aggregation_is_fast(record_property):
    """Twenty times faster than the re-statement; the seconds are printed."""
    rng = np.random.default_rng(1)
    people = [volunteer(rng, k) for k in range(30)]
    for person in people[::2]:
        person["model"]["spiral"] = []  # about half of real volunteers draw no arm
    tree = {"subject_id": 1, "shape": [200, 200], "volunteers": people}
    settings = AggregateSettings()
    aggregate_subject(tree, settings)  # compile
    ours = min(processor_time(aggregate_subject, tree, settings) for _ in range(3))
    theirs = processor_time(aggregate, [v["model"] for v in people], 200)
    record_property("seconds", ours)
    record_property("ratio", theirs / ours)
    print(f"aggregate: {ours:.3f} s, upstream's method {theirs:.1f} s")
    assert theirs / ours >= LEAST_RATIO
