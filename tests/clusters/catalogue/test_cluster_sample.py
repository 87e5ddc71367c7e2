"""A field: columns, positions, labels."""

from dataclasses import replace

import numpy as np
import pytest
from skyloom.clusters.bands import flux, magnitude
from skyloom.clusters.catalogue import sample
from skyloom.clusters.catalogue.halos import MEMBER_ABOVE
from skyloom.clusters.catalogue.sample import Sample, draw_field
from skyloom.clusters.catalogue.table import COLUMNS, read_catalogue, write_catalogue
from skyloom.clusters.config_simulation import Halos
from skyloom.sky.cosmology import arcsec_per_mpc

SETTINGS = Sample(1200, Halos(per_field=4))


@pytest.fixture(scope="module")
def drawn(world):
    return draw_field(1, 7, world, SETTINGS)


def test_same_seed_same_field(world, drawn):
    again = draw_field(1, 7, world, SETTINGS)
    other = draw_field(1, 8, world, SETTINGS)
    for name in COLUMNS:
        np.testing.assert_array_equal(drawn[0][name], again[0][name])
    assert len(other[0]) != len(drawn[0])


def test_positions_obey_the_wcs(drawn):
    """RA and Dec are X and Y seen through the TAN projection, cos Dec and all."""
    sources, clusters, wcs = drawn
    x, y = wcs.all_world2pix(sources["RA"], sources["DEC"], 0)
    np.testing.assert_allclose(x, sources["X"], atol=1e-6)
    np.testing.assert_allclose(y, sources["Y"], atol=1e-6)
    x, _ = wcs.all_world2pix(clusters["RA"], clusters["DEC"], 0)
    np.testing.assert_allclose(x, clusters["X"], atol=1e-5)


def test_separations_on_the_sky_are_those_on_the_image(drawn):
    """Two corners are as far apart as pixels say: upstream forgot cos Dec."""
    _, _, wcs = drawn
    left, right = wcs.pixel_to_world([0, 1199], [600, 600])
    assert left.separation(right).arcsec == pytest.approx(1199 * 0.263, rel=1e-5)


def test_sources_lie_on_the_image(drawn):
    sources = drawn[0]
    for name in ("X", "Y"):
        assert np.min(sources[name]) >= -0.5
        assert np.max(sources[name]) < 1199.5


def test_members_lie_about_their_cluster(drawn):
    """Members share the redshift of a rich cluster and lie within its radius."""
    sources, clusters, _ = drawn
    members = sources[sources["MEM"] == 1]
    assert len(members)
    for row in members:
        mine = np.argmin(np.abs(clusters["Z_LAMBDA"] - row["Z"]))
        cluster = clusters[mine]
        assert cluster["LAMBDA"] >= MEMBER_ABOVE
        away = np.hypot(row["X"] - cluster["X"], row["Y"] - cluster["Y"])
        assert away <= 1.5 * cluster["R_PIX"]


def test_radii_on_the_image(drawn):
    _, clusters, _ = drawn
    scale = arcsec_per_mpc(np.asarray(clusters["Z_LAMBDA"])) / 0.263
    np.testing.assert_allclose(clusters["R_PIX"], clusters["R_LAMBDA"] * scale)


def test_brightest_galaxies_are_giants(world):
    """15 kpc in the median, 0.4 in ln r, in the middle of their clusters."""
    near = Sample(1200, Halos(per_field=8, margin=0.0, redshifts=(0.2, 0.5)), 21.0)
    sizes = []
    for number in range(16):
        sources, clusters, _ = draw_field(2, number, world, near)
        for row in clusters:
            away = np.hypot(sources["X"] - row["X"], sources["Y"] - row["Y"])
            central = sources[np.argmin(away)]
            assert away.min() < 1e-6
            assert central["Z"] == row["Z_LAMBDA"]
            sizes.append(central["HLR"] / arcsec_per_mpc(row["Z_LAMBDA"]) * 1000)
    assert len(sizes) > 80
    assert np.median(sizes) == pytest.approx(15.0, rel=0.12)
    assert np.log(sizes).std() == pytest.approx(0.4, rel=0.2)


def test_colours_are_those_of_the_fluxes(drawn):
    """Both colours, g - i and i - z, are bluer where the first flux is larger."""
    table = drawn[0]
    for name, blue, red in (("GI_COLOR", "G", "I"), ("IZ_COLOR", "I", "Z")):
        ratio = np.asarray(table[f"FLUX_{blue}"]) / np.asarray(table[f"FLUX_{red}"])
        np.testing.assert_allclose(table[name], -2.5 * np.log10(ratio), rtol=1e-9)


def test_stars_are_points(drawn):
    stars = drawn[0][drawn[0]["SOURCE_TYPE"] == 0]
    assert len(stars)
    assert not np.any(stars["HLR"])
    assert np.all(stars["Z"] == -1)


@pytest.mark.parametrize("halos", [None, Halos(per_field=0.0)])
def test_no_cluster_no_members(world, halos):
    none = replace(SETTINGS, halos=halos)
    sources, clusters, _ = draw_field(1, 1, world, none)
    assert len(clusters) == 0
    assert not np.any(sources["MEM"])


def test_shallow_catalogues_end_early(world, monkeypatch):
    monkeypatch.setattr(sample, "SHALLOW_LIMITS", (20.0, 20.5))
    shallow = replace(SETTINGS, shallow=1.0)
    sources, _, _ = draw_field(1, 1, world, shallow)
    deep, _, _ = draw_field(1, 1, world, SETTINGS)
    assert len(sources) < len(deep) / 3


def test_shallow_galaxies_have_a_shallow_survey_s_errors(world, monkeypatch):
    """Ten sigma at the limit in i, less in z; none below but what has no cluster."""
    monkeypatch.setattr(sample, "SHALLOW_LIMITS", (21.0, 21.0))
    shallow = replace(SETTINGS, shallow=1.0)
    pairs = [
        (draw_field(1, k, world, shallow)[0], draw_field(1, k, world, SETTINGS)[0])
        for k in range(8)
    ]
    sizes = [len(a) / len(b) for a, b in pairs]
    assert min(sizes) < 0.3
    assert max(sizes) > 0.7
    errors = {"FLUX_I": [], "FLUX_Z": []}
    for noisy, deep in pairs:
        rows = {key: k for k, key in enumerate(zip(deep["X"], deep["Y"], strict=True))}
        true = deep[[rows[key] for key in zip(noisy["X"], noisy["Y"], strict=True)]]
        edge = np.abs(magnitude(true["FLUX_I"]) - 20.8) < 0.2
        below = magnitude(true["FLUX_I"]) > 21
        for name, found in errors.items():
            found += list(noisy[name][edge] - true[name][edge])
            np.testing.assert_array_equal(noisy[name][below], true[name][below])
        assert not np.any(noisy["MEM"][below])
        assert np.isfinite(noisy["GI_COLOR"]).all()
    for name, depth in (("FLUX_I", 21.0), ("FLUX_Z", 19.6)):
        sigma = 1.4826 * np.median(np.abs(errors[name]))
        assert sigma == pytest.approx(flux(depth) / 10, rel=0.2)


def test_the_file_returns_what_was_written(tmp_path, drawn):
    path = tmp_path / "a.dat"
    write_catalogue(path, drawn[0])
    for told in ("", "# " + " ".join(COLUMNS) + "\n"):
        path.write_text(told + path.read_text())
        back = read_catalogue(path)
        assert back.colnames == list(COLUMNS)
        np.testing.assert_allclose(back["FLUX_I"], drawn[0]["FLUX_I"], rtol=1e-6)
        np.testing.assert_allclose(back["RA"], drawn[0]["RA"], atol=1e-8)


def test_an_empty_field_is_a_file(tmp_path, drawn):
    write_catalogue(tmp_path / "a.dat", drawn[0][:0])
    assert len(read_catalogue(tmp_path / "a.dat")) == 0
