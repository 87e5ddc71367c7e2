"""What upstream's priors share: tables, places, shapes."""

import numpy as np
import pytest
from scipy import stats
from skyloom.clusters.catalogue import upstream
from skyloom.clusters.catalogue import upstream_parametric as parametric
from skyloom.clusters.catalogue import upstream_resampled as resampled
from skyloom.clusters.catalogue.table import COLUMNS, read_catalogue, write_catalogue
from skyloom.clusters.catalogue.upstream import UpstreamSettings

ALWAYS = UpstreamSettings(cluster_share=1.0)
NEVER = UpstreamSettings(cluster_share=0.0)


@pytest.fixture(scope="module")
def drawn(members, gold):
    """Return a field of either prior with a cluster in it, by the prior's name."""
    return {
        "parametric": parametric.draw_parametric(3, 5, ALWAYS),
        "resampled": resampled.draw_resampled(3, 5, members, gold, ALWAYS),
    }


@pytest.mark.parametrize("prior", ["parametric", "resampled"])
def test_fields_are_those_of_the_house(tmp_path, drawn, prior):
    """Columns, limits, places on a TAN sky: as `draw_field` gives them."""
    sources, clusters, wcs = drawn[prior]
    assert tuple(sources.colnames) == COLUMNS
    assert tuple(clusters.colnames) == upstream.TRUTH
    write_catalogue(tmp_path / "a.dat", sources)
    assert len(read_catalogue(tmp_path / "a.dat")) == len(sources)
    x, y = wcs.all_world2pix(sources["RA"], sources["DEC"], 0)
    np.testing.assert_allclose(x, sources["X"], atol=1e-5)
    np.testing.assert_allclose(y, sources["Y"], atol=1e-5)
    left, right = wcs.pixel_to_world([0, 2559], [1280, 1280])
    assert left.separation(right).arcsec == pytest.approx(2559 * 0.263, rel=1e-4)


def test_same_seed_same_field(members, gold):
    for draw in (
        lambda seed, number: parametric.draw_parametric(seed, number, ALWAYS),
        lambda seed, number: resampled.draw_resampled(
            seed, number, members, gold, ALWAYS
        ),
    ):
        first, again, other = draw(1, 2), draw(1, 2), draw(1, 3)
        for name in COLUMNS:
            np.testing.assert_array_equal(first[0][name], again[0][name])
        assert first[0]["X"][0] != other[0]["X"][0]


@pytest.mark.parametrize("prior", ["parametric", "resampled"])
def test_fields_lie_apart(members, gold, prior):
    """Each at its own place between the declinations, its clusters at their pixels."""
    settings = UpstreamSettings(
        image_size=300, cluster_share=1.0, declinations=(-30.0, -20.0)
    )
    given = (members, gold) if prior == "resampled" else ()
    draw = {
        "parametric": parametric.draw_parametric,
        "resampled": resampled.draw_resampled,
    }[prior]
    centres = []
    for number in range(6):
        sources, clusters, wcs = draw(1, number, *given, settings)
        for table in (sources, clusters):
            places = wcs.all_world2pix(table["RA"], table["DEC"], 0)
            np.testing.assert_allclose(places, (table["X"], table["Y"]), atol=1e-5)
        x, y = np.array(sources["X"]), np.array(sources["Y"])
        assert min(x.min(), y.min()) >= -0.5
        assert max(x.max(), y.max()) < 299.5
        assert -30.1 < np.min(sources["DEC"]) <= np.max(sources["DEC"]) < -19.9
        centres.append(wcs.pixel_to_world(149.5, 149.5))
    apart = [a.separation(b).deg for k, a in enumerate(centres) for b in centres[:k]]
    assert min(apart) > 300 * 0.263 / 3600


def test_half_the_fields_hold_a_cluster(members, gold):
    small = UpstreamSettings(image_size=200)
    drawn = [
        len(resampled.draw_resampled(0, k, members, gold, small)[1]) for k in range(40)
    ]
    assert set(drawn) == {0, 1}
    assert 10 < sum(drawn) < 30
    for k in range(3):
        sources, clusters, _ = parametric.draw_parametric(0, k, NEVER)
        assert len(clusters) == 0
        assert not np.any(sources["MEM"])


def test_shapes_are_neither_round_nor_isotropic():
    """Kurtosis of a generalised normal of power 0.6; the second scale is smaller."""
    g1, g2 = upstream.shears(np.random.default_rng(0), 60_000)
    assert np.hypot(g1, g2).max() < 1
    assert max(g1.max(), g2.max()) < 0.8
    assert min(g1.min(), g2.min()) < -0.8
    for g, scale in ((g1, 0.035), (g2, 0.032)):
        inner = stats.gennorm.ppf(0.75, 0.6, scale=scale)
        assert np.mean(np.abs(g) < inner) == pytest.approx(0.5, abs=0.01)
    assert np.median(np.abs(g1)) > 1.05 * np.median(np.abs(g2))
