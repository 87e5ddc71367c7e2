"""The seed's eight steps, by hand and against the same steps on astropy tables."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table, unique
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import entr
from skyloom.quasars.query.published import steps

# target, tile, C_NOT, C_QSO_LZ, C_QSO_HZ, BMU, DEAD_ARMS
ROWS = [
    (11, 1, 0.5, 0.5, 0.0, 0, 0),  # H = 0.693
    (11, 2, 0.4, 0.4, 0.2, 0, 0),  # 1.055: speaks for target 11
    (12, 1, 0.4, 0.2, 0.4, 0, 0),  # the same doubt: after 13, which is larger
    (13, 1, 0.2, 0.4, 0.4, 2, 0),
    (14, 1, 1.0, 0.0, 0.0, 2, 0),  # 0
    (15, 1, 0.4, 0.3, 0.3, 4, 0),  # 1.089, alone in its unit: rare
    (16, 2, 0.6, 0.4, 0.0, 2, 4),  # dead in its only exposure
    (17, 2, 0.7, 0.3, 0.0, 4, 1),  # dead here, alive in the next: stays
    (17, 3, 0.8, 0.2, 0.0, 2, 0),
    (18, 3, 0.9, 0.1, 0.0, 0, 0),  # inspected before
    (-5, 3, 0.9, 0.1, 0.0, 0, 0),  # the sky
]
NAMES = ["TARGETID", "TILEID", "C_NOT", "C_QSO_LZ", "C_QSO_HZ", "BMU", "DEAD_ARMS"]


def hand_made():
    return pd.DataFrame(ROWS, columns=NAMES)


def test_the_eight_steps_by_hand():
    """Every number of every step is as counted on paper."""
    found = steps(hand_made(), n=3, percentile=50, labelled=[18])
    # Units hold 5, 0, 4, 0, 2 rows: the median is 2, so unit 4 is rare. 15 is gone
    # with it, 17 speaks by its other exposure; 16 is dead; 18 was inspected.
    assert found.counts == {"common": 9, "targets": 8, "alive": 7, "new": 6}
    assert sorted(found.chosen["TARGETID"]) == [11, 12, 13]
    assert found.chosen.set_index("TARGETID").loc[11, "TILEID"] == 2
    assert np.all(np.diff(found.chosen["ENTROPY"]) <= 0)
    highest = -(0.8 * np.log(0.4) + 0.2 * np.log(0.2))
    assert found.chosen["ENTROPY"].iloc[0] == pytest.approx(highest)


def test_of_equal_doubts_the_larger_number_comes_first():
    """As printed by the seed, where the sky comes last."""
    table = hand_made().assign(C_NOT=1.0, C_QSO_LZ=0.0, C_QSO_HZ=0.0, DEAD_ARMS=0)
    found = steps(table, n=20, percentile=0)
    common = [18, 17, 16, 14, 13, 12, 11, -5]  # unit 4 has the fewest rows but none
    assert found.chosen["TARGETID"].tolist()[:1] == common[:1]
    assert found.chosen["TARGETID"].is_monotonic_decreasing


def test_units_behind_the_last_hit_do_not_count():
    """The seed's `minlength` is the largest unit hit; a true map has more."""
    table = hand_made().iloc[[0] * 12].assign(TARGETID=range(12), DEAD_ARMS=0)
    table = table.assign(BMU=[0] * 9 + [1] * 2 + [2])  # counts 9, 2, 1: above 1.8
    assert steps(table, 12, percentile=40).counts["common"] == 11


def by_astropy(table, n, percentile, labelled):
    """Return the targets that the same eight steps choose on astropy's tables."""
    rows = Table.from_pandas(table)
    shares = np.stack([rows[name] for name in NAMES[2:5]], axis=1)
    rows["ENTROPY"] = entr(shares).sum(axis=1)
    rows = rows[np.argsort(rows["ENTROPY"], kind="stable")[::-1]]
    hits = np.bincount(rows["BMU"], minlength=np.max(rows["BMU"]))
    rows = rows[(hits > np.percentile(hits, percentile))[rows["BMU"]]]
    if len(rows) == 0:
        return []
    rows = unique(rows, keys="TARGETID")
    rows = rows[np.argsort(rows["ENTROPY"], kind="stable")[::-1]]
    bits = {}
    for target, dead in zip(table["TARGETID"], table["DEAD_ARMS"], strict=True):
        bits[target] = bits.get(target, 7) & dead
    out = {target for target, dead in bits.items() if dead} | set(labelled)
    return [t for t in rows["TARGETID"].tolist() if t not in out][:n]


@st.composite
def results(draw):
    n = draw(st.integers(1, 40))
    tenths = draw(
        st.lists(
            st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=n, max_size=n
        )
    )
    low = [min(a, 10 - b) for a, b in tenths]
    columns = {
        "TARGETID": draw(st.lists(st.integers(-2, 12), min_size=n, max_size=n)),
        "TILEID": draw(st.lists(st.integers(1, 3), min_size=n, max_size=n)),
        "C_NOT": [b / 10 for _, b in tenths],
        "C_QSO_LZ": [a / 10 for a in low],
        "C_QSO_HZ": [(10 - b - a) / 10 for a, (_, b) in zip(low, tenths, strict=True)],
        "BMU": draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)),
        "DEAD_ARMS": draw(
            st.lists(st.sampled_from([0, 0, 1, 4, 5]), min_size=n, max_size=n)
        ),
    }
    return pd.DataFrame(columns)


@given(
    results(),
    st.integers(1, 8),
    st.sampled_from([0, 15, 40]),
    st.sets(st.integers(0, 12)),
)
def test_steps_agree_with_astropy(table, n, percentile, labelled):
    """Sorting, `unique` and cuts of the seed's own library give the same list."""
    found = steps(table, n, labelled, percentile)
    expected = by_astropy(table, n, percentile, labelled)
    assert found.chosen["TARGETID"].tolist() == expected
