"""The nearest galaxy on the sky, each in one pair."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st
from skyloom.spirals.catalogue.crossmatch import crossmatch


def galaxies(ra, dec, **more) -> pd.DataFrame:
    """Return a list of galaxies."""
    table = pd.DataFrame({"ra": np.asarray(ra, float), "dec": np.asarray(dec, float)})
    return table.assign(**more)


@given(
    ra=st.floats(0, 360),
    dec=st.floats(-89.9, 89.9),
    angle=st.floats(0, 360),
    separation=st.floats(0.01, 10),
)
def test_separation(ra: float, dec: float, angle: float, separation: float) -> None:
    """A pair is kept within the radius, with its separation, anywhere on the sky."""
    east = separation * np.sin(np.radians(angle)) / np.cos(np.radians(dec)) / 3600
    north = separation * np.cos(np.radians(angle)) / 3600
    left = galaxies([ra], [dec], name="a")
    right = galaxies([(ra + east) % 360], [np.clip(dec + north, -90, 90)])
    if separation < 2.9:
        pairs, counts = crossmatch(left, right, 3.0)
        assert pairs["sky_separation"][0] == pytest.approx(separation, rel=0.02)
        assert counts["nearest"] == 1
    elif separation > 3.1:
        with pytest.raises(ValueError, match="none of 1 galaxies"):
            crossmatch(left, right, 3.0)


def test_the_nearest_keeps_a_shared_partner() -> None:
    """Two galaxies on one partner: the nearer has it, the other is named."""
    left = galaxies(
        [10, 10, 20, 30], [0, 1 / 3600, 0, 0], name=["far", "near", "x", "alone"]
    )
    right = galaxies([10, 20, 20], [1.5 / 3600, 0, 2 / 3600], dr8_id=["p", "q", "r"])
    pairs, counts = crossmatch(left, right, 3.0)
    assert list(pairs["name"]) == ["near", "x"]
    assert list(pairs["dr8_id"]) == ["p", "q"]
    assert counts == {
        "galaxies_manga": 4,
        "galaxies_desi": 3,
        "within_radius": 3,
        "with_two_within_radius": 1,
        "nearest": 2,
        "dropped": ["far"],
    }


def test_columns_of_both_have_suffixes() -> None:
    """Positions of both are kept apart; other columns keep their names."""
    left = galaxies([10], [5], name="a", z=0.1)
    right = galaxies([10], [5], name="b", size=3)
    pairs, _ = crossmatch(left, right, 3.0, ("_sami", "_desi"))
    expected = {"ra_sami", "dec_sami", "name_sami", "z", "ra_desi", "dec_desi"}
    assert set(pairs) == expected | {"name_desi", "size", "sky_separation"}


def test_equally_near_goes_to_the_earlier() -> None:
    """Ties do not depend on chance."""
    left = galaxies([10, 10, 10], [0, 0, 0], name=["b", "a", "c"])
    pairs, counts = crossmatch(left, galaxies([10], [0]), 3.0)
    assert list(pairs["name"]) == ["b"]
    assert counts["dropped"] == ["a", "c"]


def test_hours_are_noticed() -> None:
    """Right ascensions in hours match nothing, and the message says why."""
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(30, 360, 50), rng.uniform(-10, 10, 50)
    left = galaxies(ra / 15, dec, name=np.arange(50).astype(str))
    with pytest.raises(ValueError, match="are both lists in degrees"):
        crossmatch(left, galaxies(ra, dec), 3.0)


def test_equal_to_all_pairs() -> None:
    """A sky search gives what all separations give."""
    rng = np.random.default_rng(3)
    left = galaxies(
        rng.uniform(0, 0.02, 60) % 360, rng.uniform(0, 0.02, 60), name=np.arange(60)
    )
    right = galaxies(
        rng.uniform(0, 0.02, 80), rng.uniform(0, 0.02, 80), id=np.arange(80)
    )
    pairs, counts = crossmatch(left, right, 3.0)
    dx = (left["ra"].to_numpy()[:, None] - right["ra"].to_numpy()) * 3600
    dy = (left["dec"].to_numpy()[:, None] - right["dec"].to_numpy()) * 3600
    apart = np.hypot(dx, dy)
    best = {}
    for i in range(60):
        j = apart[i].argmin()
        if apart[i, j] <= 3 and apart[i, j] < apart[best.get(j, i), j] + (
            j not in best
        ):
            best[j] = i
    assert dict(zip(pairs["id"], pairs["name"], strict=True)) == best
    assert counts["within_radius"] == (apart.min(axis=1) <= 3).sum()


@pytest.mark.real
@pytest.mark.parametrize(
    ("votes", "published"),
    [
        ("panoptes.csv", "decals_rgb_x_votes.csv"),
        ("full_tree_votes_with_coords.csv", "decals_rgb_x_full_tree.csv"),
    ],
)
def test_real_matches(real: Path, votes: str, published: str) -> None:
    """Pictures named by their position are matched as they were by others."""
    folder = real / "spirals"
    names = pd.read_csv(folder / "decals_rgb" / "catalog.csv")["iau_name"]
    texts = [
        f"{n[1:3]} {n[3:5]} {n[5:10]} {n[10:13]} {n[13:15]} {n[15:]}" for n in names
    ]
    place = SkyCoord(texts, unit=("hourangle", "deg"))
    left = galaxies(place.ra.deg, place.dec.deg, name=names)
    pairs, _ = crossmatch(left, pd.read_csv(folder / "gz_decals_votes" / votes), 3.0)
    known = pd.read_csv(folder / "gz_decals_votes" / published)
    found = dict(zip(pairs["name"], pairs["subject_id"], strict=True))
    assert found == dict(zip(known["iau_name"], known["subject_id"], strict=True))
