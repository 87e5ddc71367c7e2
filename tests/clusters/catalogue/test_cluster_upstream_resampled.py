"""Upstream's resampling prior: what its defects do, and the tables it draws from."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.bands import flux
from skyloom.clusters.catalogue import upstream_resampled as resampled
from skyloom.clusters.catalogue.halos import radius
from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.catalogue.upstream import UpstreamSettings
from skyloom.io.errors import InputError
from skyloom.sky.cosmology import arcsec_per_mpc

ALWAYS = UpstreamSettings(cluster_share=1.0)
NEVER = UpstreamSettings(cluster_share=0.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_second_projection_concentrates_members(members, gold, seed):
    """Half the members within the inner part: radii shrink by half on average."""
    wide = replace(ALWAYS, widest=np.inf)
    once, twice = (
        resampled.draw_resampled(
            seed, 1, members[:80], gold, replace(wide, twice=again)
        )
        for again in (False, True)
    )
    mean = []
    for sources, clusters, _ in (once, twice):
        mine = sources[sources["MEM"] == 1]
        away = np.hypot(mine["X"] - clusters["X"], mine["Y"] - clusters["Y"])
        assert away.max() <= clusters["R_PIX"][0] + 1e-6
        mean.append(np.mean(away))
    assert 0.35 < mean[1] / mean[0] < 0.65


def test_the_centre_grows_without_bound():
    """A uniform disc projected again has a surface density as log(1/R) and steeper.

    Of radii sqrt(U) times U the share within a tenth is 0.19, not 0.01.
    """
    rng = np.random.default_rng(0)
    disc = np.sqrt(rng.random(40_000))
    assert np.mean(disc < 0.1) == pytest.approx(0.01, abs=0.002)
    again = resampled.project_again(rng, disc)
    assert np.mean(again < 0.1) == pytest.approx(2 * 0.1 - 0.01, abs=0.01)


def test_wide_clusters_are_thrown_away(members, gold):
    """Only the far cluster is ever drawn; with no limit both are."""
    numbers, distance = resampled.narrow_clusters(members, ALWAYS)
    assert numbers.tolist() == [2]
    expected = 0.6 / 0.7 * arcsec_per_mpc(0.7) / 0.263
    assert distance[80:].max() == pytest.approx(expected)
    free = replace(ALWAYS, widest=np.inf)
    for settings, counts in ((ALWAYS, {30}), (free, {30, 80})):
        drawn = {
            int(
                resampled.draw_resampled(
                    1, k, members, gold, replace(settings, image_size=300)
                )[1]["LAMBDA"][0]
            )
            for k in range(8)
        }
        assert drawn == counts


def test_the_cut_leaves_no_rich_and_no_near_cluster(real):
    """Of the real DES Y1 list 76 % are lost: all above 50, all nearer than 0.35."""
    listed = read_clusters(real / "clusters/clusterdb/desY1a1.csv.gz")
    listed = listed[listed["LAMBDA"] > 20]
    z, richness = listed["Z_LAMBDA"], listed["LAMBDA"]
    width = 2 * radius(richness) * arcsec_per_mpc(z) / 0.263
    kept = resampled.narrow(width, UpstreamSettings())
    assert np.mean(~kept) == pytest.approx(0.76, abs=0.01)
    assert not np.any(kept[richness > 50])
    assert not np.any(kept[z < 0.35])
    assert np.mean(~kept[(z > 0.35) & (z < 0.5)]) == pytest.approx(0.997, abs=0.002)


def test_no_narrow_cluster_is_refused(members, gold):
    with pytest.raises(ValueError, match="none of 2 clusters is narrower than 10 px"):
        resampled.draw_resampled(1, 1, members, gold, replace(ALWAYS, widest=10.0))


def test_the_field_is_the_survey(gold, members):
    """Density, types, sizes behind the seeing, and fluxes at zero point 30."""
    counts = []
    for k in range(5):
        sources, _, _ = resampled.draw_resampled(2, k, members, gold, NEVER)
        counts.append(len(sources))
        assert np.all(sources["Z"] == -1)
        assert not np.any(sources["FRACDEV"])
    assert np.mean(counts) == pytest.approx(0.00067 * 2560**2, rel=0.03)
    stars = sources["SOURCE_TYPE"] == 0
    assert np.mean(stars) == pytest.approx(0.1, abs=0.02)
    assert np.median(sources["HLR"][stars]) > 0.3
    assert np.min(sources["HLR"]) == pytest.approx(1e-4)
    assert np.max(sources["HLR"]) <= 0.263 * 6 + 1e-4
    assert np.mean(sources["FLUX_G"] == 0) == pytest.approx(0.05, abs=0.015)
    seen = sources["FLUX_R"]
    assert flux(24) <= seen.min() < seen.max() <= flux(20)


def _members_file(path, **changes):
    """Write five members of two clusters; a change replaces or, as None, drops."""
    columns = {
        "MEM_MATCH_ID": np.array([1, 1, 1, 7, 7]),
        "COADD_OBJECTS_ID": 2_900_000_000_000_000 + np.arange(5),
        "R": np.array([0.0, 0.1, 0.4, 0.0, 0.3]),
        **{name: np.full(5, 21.0) for name in resampled.MAGNITUDES},
        "Z_MEAN": np.array([0.4, 0.41, np.nan, 0.7, 0.7]),
    }
    columns |= changes
    Table({k: v for k, v in columns.items() if v is not None}).write(path)
    return path


def _redshifts_file(path):
    numbers = 2_900_000_000_000_000 + np.array([4, 2, 0, 9])
    z = np.array([0.74, 0.42, 0.40, 0.1])
    Table({"COADD_OBJECTS_ID": numbers, "Z_MEAN": z}).write(path)
    return path


def _gold_file(path, **changes):
    columns = {name: np.full(3, 22.0) for name in resampled.MAGNITUDES}
    columns |= {"FLUX_RADIUS_R": np.full(3, 2.0), "CLASS_STAR_R": np.zeros(3)}
    columns |= changes
    Table({k: v for k, v in columns.items() if v is not None}).write(path)
    return path


def test_members_are_read(tmp_path):
    table = resampled.read_members(_members_file(tmp_path / "m.fits"))
    assert table["CLUSTER"].tolist() == [1, 1, 7, 7]
    assert table.meta["dropped"] == 1
    np.testing.assert_allclose(table["R"], [0, 0.1, 0, 0.3])


def test_redshifts_are_joined_by_object(tmp_path):
    """In the file's own order, with long numbers intact; unknown ones are dropped."""
    path = _members_file(tmp_path / "m.fits", Z_MEAN=None)
    table = resampled.read_members(path, _redshifts_file(tmp_path / "z.fits"))
    np.testing.assert_allclose(table["Z"], [0.40, 0.42, 0.74])
    assert table["CLUSTER"].tolist() == [1, 1, 7]
    assert table.meta["dropped"] == 2


def test_gold_files_follow_each_other(tmp_path):
    paths = [_gold_file(tmp_path / "a.fits"), _gold_file(tmp_path / "b.fits")]
    assert len(resampled.read_gold(paths)) == 6


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"R": None}, "no column R"),
        ({"MAG_AUTO_Z": None}, "no column MAG_AUTO_Z"),
        ({"MEM_MATCH_ID": None}, "no column MEM_MATCH_ID or ID"),
        ({"Z_MEAN": None}, "no column Z_MEAN or ZMEAN"),
        ({"R": np.array([0, -0.1, 0, 0, 0])}, "row 2: R = -0.1"),
        ({"R": np.array(list("abcde"))}, "no numbers; expected numbers"),
        ({"MEM_MATCH_ID": np.full(5, 1.5)}, "MEM_MATCH_ID = 1.5"),
        ({"Z_MEAN": np.full(5, -1.0)}, "no member has a redshift"),
    ],
)
def test_bad_members_are_named(tmp_path, changes, says):
    path = _members_file(tmp_path / "m.fits", **changes)
    with pytest.raises(InputError, match=says) as caught:
        resampled.read_members(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"CLASS_STAR_R": None}, "no column CLASS_STAR_R"),
        ({"FLUX_RADIUS_R": np.array([1, np.nan, 1])}, "row 2: FLUX_RADIUS_R = nan"),
    ],
)
def test_bad_gold_is_named(tmp_path, changes, says):
    with pytest.raises(InputError, match=says):
        resampled.read_gold([_gold_file(tmp_path / "g.fits", **changes)])


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        resampled.read_gold([tmp_path / "absent.fits"])
    cut = tmp_path / "cut.fits"
    cut.write_bytes(_gold_file(tmp_path / "g.fits").read_bytes()[:3000])
    with pytest.raises(InputError, match=r"cut\.fits"):
        resampled.read_gold([cut])
    (tmp_path / "g.csv").write_text(",".join(resampled.GOLD) + "\n1,1,1,1,1,1\n")
    with pytest.raises(InputError, match="no numbers"):
        resampled.read_gold([tmp_path / "g.csv"])
    empty = Table.read(_gold_file(tmp_path / "full.fits"))[:0]
    empty.write(tmp_path / "empty.fits")
    with pytest.raises(InputError, match="no objects"):
        resampled.read_gold([tmp_path / "empty.fits"])
