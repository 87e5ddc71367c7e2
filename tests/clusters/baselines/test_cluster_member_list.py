"""Members of invented clusters, and the table of them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table, vstack
from invented_sky import ARCMIN2, SIDE, blurred, cluster, field, inside
from skyloom.clusters.baselines.matched_filter import (
    REDSHIFTS,
    field_background,
    find_clusters,
)
from skyloom.clusters.baselines.member_list import (
    COLUMNS,
    LEAST_P,
    member_list,
    of_list,
)
from skyloom.clusters.baselines.photometry import unit_vectors
from skyloom.clusters.baselines.profiles import visible_share
from skyloom.sky.cosmology import arcsec_per_mpc

RNG = np.random.default_rng
COARSE = REDSHIFTS[12:52:2]


@pytest.fixture(scope="module")
def background(red_sequence):
    """Return what empty patches of sky look like."""
    fields = [field(RNG(100 + k)) for k in range(4)]
    return field_background(fields, [ARCMIN2] * 4, red_sequence, COARSE)


@pytest.fixture(scope="module")
def patch(red_sequence) -> tuple[Table, int]:
    """Return galaxies with a cluster at 0.5 across the edge, and two that overlap.

    The last rows are theirs.
    """
    rng = RNG(31)
    away = [
        cluster(rng, red_sequence, 0.5, 50, (SIDE / 2, 0.0)),
        cluster(rng, red_sequence, 0.3, 40, (-0.05, -0.03)),
        cluster(rng, red_sequence, 0.3, 30, (-0.05, 0.08)),
    ]
    table = vstack([field(rng), *away])
    table["TRUE"] = np.repeat([-1, 0, 1, 2], [len(table) - 120, 50, 40, 30])
    return table[inside(table["RA"], table["DEC"])]


@pytest.fixture(scope="module")
def found(patch, red_sequence, background) -> tuple[Table, Table]:
    """Return its clusters and members."""
    return find_clusters(patch, red_sequence, inside, background, z=COARSE)


def test_probabilities_add_up_to_what_is_seen_of_the_richness(
    found, patch, red_sequence, background, monkeypatch
):
    """At the edge as well, and where a better cluster took some."""
    monkeypatch.setattr("skyloom.clusters.baselines.member_list.LEAST_P", 0.0)
    clusters, every = find_clusters(patch, red_sequence, inside, background, z=COARSE)
    assert len(clusters) == 3
    assert clusters["MASKFRAC"].max() > 0.3
    depth = visible_share(23.4 - red_sequence.m_star(np.array(clusters["Z"]))[:, 2])
    seen = clusters["LAMBDA"] * (1 - clusters["MASKFRAC"]) * depth
    total = np.bincount(every["ID"], every["P"], len(clusters))
    np.testing.assert_allclose(total, seen, rtol=0.01)
    # Of what is listed little is missing.
    some = np.bincount(found[1]["ID"], found[1]["P"], len(clusters))
    assert (some[:2] > 0.93 * total[:2]).all()
    assert (some <= total).all()
    assert (some < total).any()


def test_no_galaxy_belongs_more_than_once(red_sequence, background, monkeypatch):
    """To two clusters half a megaparsec apart together, whose colours overlap."""
    rng, half = RNG(21), 0.25 * arcsec_per_mpc(0.25) / 3600
    parts = [
        blurred(rng, cluster(rng, red_sequence, each, 40, (place, 0.0)), 0.05)
        for each, place in zip((0.25, 0.35), (-half, half), strict=True)
    ]
    patch = vstack([field(rng), *parts])
    monkeypatch.setattr("skyloom.clusters.baselines.member_list.LEAST_P", 0.0)
    _, every = find_clusters(patch, red_sequence, inside, background, z=COARSE)
    total = np.bincount(every["ROW"], every["P"], len(patch))
    assert total.max() <= 1 + 1e-9
    assert (np.bincount(every["ROW"]) > 1).any()


def test_members_are_those_put_in(found, patch):
    """As many as P says; rows are those of the galaxies, distances from the centre."""
    clusters, members = found
    assert members.colnames == list(COLUMNS)
    assert members["P"].min() >= LEAST_P
    assert (np.diff(members["ID"]) >= 0).all()
    for name in ("RA", "DEC", "MAG"):
        assert np.array_equal(members[name], patch[name][members["ROW"]])
    for z, known in ((0.5, [0]), (0.3, [1, 2])):
        near = np.flatnonzero(np.abs(clusters["Z"] - z) < 0.03)
        own = members[np.isin(members["ID"], near)]
        true = np.isin(patch["TRUE"], known)
        assert own["P"].sum() == pytest.approx(true.sum(), rel=0.25)
        assert true[own["ROW"]][own["P"] > 0.8].mean() > 0.85
        for k in near:
            one, (ra, dec) = own[own["ID"] == k], clusters[["RA", "DEC"]][k]
            assert (np.diff(one["P"]) <= 0).all()
            apart = unit_vectors(one["RA"], one["DEC"]) - unit_vectors(ra, dec)
            apart = np.degrees(np.linalg.norm(apart, axis=1)) * 3600
            np.testing.assert_allclose(one["R"], apart / arcsec_per_mpc(z), rtol=0.06)


def test_members_of_a_list_have_its_identifiers(found):
    """In its order; clusters that others found have no members."""
    clusters, members = found
    listed = clusters["ID", "RA", "DEC"][[1, 0]]
    listed["ID"] = [2**60 + 1, 77]
    listed.add_row([5, 12.0, 3.0])
    own = of_list([members], [clusters], listed)
    assert own["ID"].dtype == np.int64
    n = [int((members["ID"] == k).sum()) for k in (1, 0)]
    assert own["ID"].tolist() == [2**60 + 1] * n[0] + [77] * n[1]
    assert own["ROW"][: n[0]].tolist() == members["ROW"][members["ID"] == 1].tolist()
    assert own["P"].description == COLUMNS["P"][1]
    moved = clusters.copy()
    moved["RA"] += 1.0
    both = of_list([members, members], [moved, clusters], listed)
    assert both["ROW"].tolist() == own["ROW"].tolist()


def test_nothing_has_no_members(red_sequence, background):
    """All columns, no row."""
    none = field(RNG(1), 0)
    clusters, members = find_clusters(none, red_sequence, inside, background, z=COARSE)
    assert len(clusters) == len(members) == 0
    assert members.colnames == list(COLUMNS)
    assert len(of_list([members], [clusters], clusters)) == 0
    assert len(member_list([], none)) == 0
