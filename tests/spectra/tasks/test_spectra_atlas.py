"""What the page of the maps shows, of small products of a run."""

import json

import numpy as np
import pytest
import spectra_products as products
from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.spectra.galaxies.files import read_fingerprints
from skyloom.spectra.mapping.files import read_plain
from skyloom.spectra.page import galaxies, placed, units
from skyloom.spectra.tasks.atlas import NOTHING, page
from small_fingerprints import energy


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the products of a run, with a placed cube."""
    return products.trained(tmp_path_factory.mktemp("spectra"))


@pytest.fixture(scope="module")
def shown(files):
    """Return the data and the pictures of the page."""
    return page(files, own=True)


def plane(tree, label):
    """Return the values of a quantity."""
    return next(one["values"] for one in tree["planes"] if one["label"] == label)


def test_units_are_as_the_products_say(files, shown):
    """Counts and labels of each unit, and the ends of the 68 %."""
    tree = shown[0]["map"]
    with opened(files["nodes"]) as file:
        nodes = file.table(1).to_pandas()
    assert plane(tree, "training spectra") == nodes["spectra"].tolist()
    age = tree["labels"][0]
    for part, column in (("median", ""), ("lower", "_lower"), ("upper", "_upper")):
        found = np.array(age[part], float)
        np.testing.assert_allclose(found, nodes[f"log_age{column}"], rtol=1e-3)
    assert age["limits"][0] == min(v for v in age["lower"] if v is not None)


def test_prototypes_are_on_the_wavelengths_that_are_told(files, shown):
    """The middle of pixels that are shown as one."""
    tree, made = shown[0]["map"], read_plain(files["map"])
    start, step, count = tree["wave"]
    assert tree["every"] == 1
    np.testing.assert_allclose(
        start * 10 ** (step * np.arange(count)), made.grid.wave, rtol=1e-6
    )
    assert [row[0] for row in tree["prototypes"]] == pytest.approx(
        made.prototypes().min(axis=1), rel=1e-5, abs=1e-6
    )


def test_pixels_are_put_together_where_there_are_many_units(files):
    """Wavelengths are the middle of those put together; gaps are left out of means."""
    made = read_plain(files["map"])
    tree = units.prototypes(made, 0, room=30 * 240)
    assert tree["every"] == 2
    middle = np.sqrt(made.grid.wave[0] * made.grid.wave[1])
    assert tree["wave"][0] == pytest.approx(middle, abs=1e-3)
    flux = np.array([[1.0, 3.0, np.nan, 5.0, np.nan, np.nan, 9.0]])
    np.testing.assert_array_equal(units.together(flux, 2), [[2.0, 5.0, np.nan]])


def test_examples_are_of_their_unit(files, shown):
    """From the nearest to the furthest, at most three."""
    with opened(files["found"]) as file:
        found = file.table(1).to_pandas()
    assert max(map(len, shown[0]["map"]["spectra"])) == units.SHOWN
    for unit, some in enumerate(shown[0]["map"]["spectra"]):
        there = found[found["bmu"] == unit]
        distance = [one["distance"] for one in some]
        assert distance == sorted(distance)
        assert {one["galaxy"] for one in some} <= set(there["plateifu"])
        if len(there):
            ends = [there["distance"].min(), there["distance"].max()]
            assert [distance[0], distance[-1]] == pytest.approx(ends, rel=1e-3)


def test_galaxies_of_a_unit_are_those_with_shares(files, shown):
    """All are counted, those of the largest shares are listed."""
    prints, tree = read_fingerprints(files["shares"]), shown[0]["map"]
    assert tree["count"] == (prints.shares > 0).sum(axis=0).tolist()
    share = dict(zip(prints.info["plateifu"], prints.shares, strict=True))
    for unit, members in enumerate(tree["members"]):
        assert len(members) == min(tree["count"][unit], units.LISTED)
        values = [value for _, value in members]
        assert values == sorted(values, reverse=True)
        for name, value in members:
            assert share[name][unit] == pytest.approx(value, rel=1e-3)


def test_galaxies_have_flags_classes_and_neighbours(shown):
    """One without spectra has no unit and is like none; names keep their digits."""
    objects = shown[0]["galaxies"]["objects"]
    assert len(shown[1]) == len(objects) == 49
    assert objects[0]["kinds"][0] == ["galaxy class", "early"]
    assert objects[0]["words"] == f"mangaID {products.MANGA}, training galaxy"
    last = objects[-1]
    assert (last["id"], last["values"]["bmu2"]) == ("8999-1901", -1)
    assert (last["flags"], last["similar"]) == ([galaxies.NO_SPECTRA], [])
    for k, one in enumerate(objects[:-1]):
        assert len(one["similar"]) == 8
        assert not {k, 48} & set(one["similar"])
        assert one["flags"] == [galaxies.UNUSUAL] * (one["values"]["novelty"] > 95)


def test_the_most_similar_has_the_least_energy_distance(files):
    """Of fingerprints on few units the axes that are kept tell all."""
    prints = read_fingerprints(files["shares"])
    near, some = galaxies.alike(prints), prints.shares.any(axis=1)
    for k in range(5):
        apart = energy(prints.shares, prints.shares[k], prints.layout)
        apart[[k, *np.flatnonzero(~some)]] = np.inf
        assert apart[near[k][0]] <= 1.05 * apart.min()


def test_a_large_survey_shows_some_fingerprints(files, monkeypatch):
    """All galaxies are listed, and how many have fingerprints is said."""
    monkeypatch.setattr(galaxies, "FINGERPRINTS", 10)
    data, pictures = page(files, own=True)
    assert data["notes"] == ["10 of 49 galaxies are shown with their fingerprints."]
    thumbs = [one["thumb"] for one in data["galaxies"]["objects"]]
    assert [t for t in thumbs if t is not None] == list(range(len(pictures)))


def test_placed_spectra_have_intervals_and_flags(shown):
    """Each with its unit; the map counts them."""
    data = shown[0]
    objects = data["placed"]["objects"]
    assert [o["flags"] for o in objects[3:6]] == [
        ["unusual: " + objects[3]["flags"][0].removeprefix("unusual: ")],
        [],
        ["rejected: no good pixel"],
    ]
    assert objects[5]["values"]["bmu"] is None
    assert objects[0]["ends"]["log_age"] == [0.9, 1.2]
    assert objects[9]["words"] == "spaxel in column 1, row 1"
    assert sum(data["map"]["placed"]) == 39
    assert data["placed"]["files"][0]["rejected"] == {"no good pixel": 1}


def test_maps_of_a_cube_are_what_was_placed(shown, monkeypatch, files):
    """Row by row; none of what is too large, or is no cube."""
    cube = shown[0]["placed"]["files"][0]["cube"]
    assert cube["shape"] == (5, 8)
    labels = [one["label"] for one in cube["planes"]]
    assert labels[0] == "S/N a pixel"
    assert labels[-1] == "log10 of the light-weighted age in Gyr"
    assert cube["planes"][0]["curve"][:2] == [1.0, 2.0]
    assert cube["bmu"][:2] == [0.0, 29.0]
    monkeypatch.setattr(placed, "CUBE", 39)
    assert placed.cube(files["placed_found"][0], []) is None
    assert placed.cube(files["nodes"], []) is None


def test_a_bin_of_a_cube_has_no_spaxel_of_its_own():
    """Its number tells which it is; a single spectrum has its name."""
    found = products.table(5).assign(bin=7)
    found[["row", "column"]] = np.nan
    one = next(iter(placed.spectra("cube", 0, found, [4])))
    assert (one["words"], one["at"]) == ("bin 7", None)
    named = found.drop(columns=["row", "column", "bin"]).assign(plateifu="8485-1901")
    one = next(iter(placed.spectra("cube", 0, named, [4])))
    assert (one["words"], one["at"]) == ("8485-1901", None)


def test_spectra_on_another_map_are_not_counted_on_this_one(files):
    """Their units are those of the map of place.model."""
    data = page(files, own=False)[0]
    assert "placed" not in data["map"]
    assert not data["placed"]["on_map"]


def test_a_run_that_only_places_has_the_map_that_it_was_given(files):
    """Prototypes and what was placed; neither labels of training nor galaxies."""
    kept = {k: v for k, v in files.items() if k == "map" or k.startswith("placed_")}
    data, pictures = page(kept, own=False)
    assert (set(data), pictures) == ({"map", "placed", "notes"}, [])
    assert data["map"]["planes"][0]["label"] == "placed spectra"
    assert data["placed"]["on_map"]


def test_a_run_without_anything_says_so():
    """No map, no spectra."""
    none = {"placed_found": [], "placed_report": [], "placed_picture": []}
    assert page(none, own=True) == ({"notes": [NOTHING]}, [])


def test_the_same_products_make_the_same_page(files, shown):
    """In every byte of its data."""
    again = page(files, own=True)[0]
    assert json.dumps(plain(again)) == json.dumps(plain(shown[0]))


def test_products_of_two_runs_are_refused(files, tmp_path):
    """The labels are of other spectra than the flux."""
    other = products.table(5)
    products.write_catalogue(tmp_path / "test.fits", products.table_of(other))
    with pytest.raises(InputError, match="40 spectra"):
        page(files | {"found": str(tmp_path / "test.fits")}, own=True)
