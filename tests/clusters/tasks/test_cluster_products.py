"""Maps of a tile on disk, what is found in them, and an encoder of other tiles."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skyloom.clusters.encoder.files import save_encoder
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.clusters.evaluation import sky as sky_module
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.finder.joint import Worth
from skyloom.clusters.finder.peaks import candidates
from skyloom.clusters.inference.blend import MAPS, TileMaps, read_maps
from skyloom.clusters.tasks import evaluate, products
from skyloom.clusters.tasks.detect import detect
from skyloom.clusters.tasks.infer import predictor_of
from skyloom.clusters.tasks.notebook import matched_tile
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.io.npz import write_npz
from skyloom.learn import devices
from skyloom.run.provenance import Recipe
from skyloom.sky.tan import tan_wcs
from skyloom.stats.logistic import Logistic
from small_clusters import clusters

WCS = tan_wcs(10.0, 0.0, (640, 640), 0.263)
RECORD = Recipe({}, "c0de").record([])
SHAPE = EncoderSettings(tile=32, pool=4, widths=(4,), blocks=(), dilations=(), hidden=4)


def maps(row: int, column: int) -> TileMaps:
    """Return the maps of a tile with one sure centre."""
    arrays = {name: np.zeros((20, 20)) for name in MAPS}
    rows, columns = np.indices((20, 20))
    arrays |= {"center_y": 32.0 * rows + 15.5, "center_x": 32.0 * columns + 15.5}
    arrays |= {"valid": np.ones((20, 20)), "redshift": np.full((20, 20), 0.4)}
    arrays |= {"richness": np.full((20, 20), np.log(30.0))}
    arrays["center"][row, column] = 0.9
    arrays["membership"][row, column] = 0.9
    return TileMaps(**arrays, tile=32, height=640, width=640)


@pytest.fixture
def prediction(tmp_path):
    path = tmp_path / "sim0001.npz"
    products.write_prediction(path, maps(12, 5), WCS, RECORD)
    return path


def test_maps_carry_their_place_on_the_sky(prediction):
    """Maps, coordinates and record come back; the same maps are the same bytes."""
    assert read_maps(prediction).center[12, 5] == pytest.approx(0.9)
    assert products.read_wcs(prediction).wcs.crval.tolist() == [10.0, 0.0]
    before = prediction.read_bytes()
    products.write_prediction(prediction, maps(12, 5), WCS, RECORD)
    assert prediction.read_bytes() == before


def test_coordinates_that_are_none_are_refused(tmp_path):
    """A file without, or with a text that is no header."""
    write_npz(tmp_path / "a.npz", center=np.zeros(3))
    with pytest.raises(InputError, match=r"a\.npz: key 'wcs': missing array"):
        products.read_wcs(tmp_path / "a.npz")


def test_candidates_come_back(prediction, tmp_path):
    """One cluster, at the right place of the sky; a damaged table is refused."""
    target, maps_of = tmp_path / "found.fits", {"sim0001": str(prediction)}
    detect("sim0001", {"candidates": target}, maps_of, Recipe({}, "c0de"))
    (row,) = products.read_candidates(target)
    x, y = WCS.all_world2pix(row["RA"], row["DEC"], 0)
    assert (x, y) == pytest.approx((32 * 5 + 15.5, 32 * 12 + 15.5), abs=0.01)
    assert row["TILES"] == "sim0001"
    target.write_bytes(target.read_bytes()[:4000])
    with pytest.raises(InputError, match=r"found\.fits: not a readable FITS file"):
        products.read_candidates(target)


def test_an_encoder_of_other_tiles_is_refused(tmp_path):
    """The file, both sizes, and the keys to set are named."""
    path = tmp_path / "best_encoder.ckpt"
    save_encoder(path, Encoder(SHAPE))
    assert predictor_of(path, 32, 4)
    with pytest.raises(InputError, match=r"tiles of 32 px, pooled by 4; expected 64"):
        predictor_of(path, 64, 4)


def test_a_gpu_that_is_not_there_is_refused(tmp_path, monkeypatch):
    """Before the encoder is read."""
    monkeypatch.setattr(devices, "_torch", lambda: ("9.1+cpu", False, 0))
    with pytest.raises(RuntimeError, match=r"clusters\.survey\.device asks for cuda:1"):
        predictor_of(tmp_path / "none.ckpt", 32, 4, "cuda:1")


def test_sky_is_where_cells_are_unmasked(prediction, tmp_path, monkeypatch):
    """Area, and who can be seen: not who lies on masked cells, or beyond the edge."""
    monkeypatch.setattr(sky_module, "SEEN", 10.0)
    half = maps(12, 5)
    half.valid[:, 10:] = 0.0
    products.write_prediction(tmp_path / "sim0002.npz", half, WCS, RECORD)
    sky = evaluate.read_sky([prediction, tmp_path / "sim0002.npz"])
    whole = (640 * 0.263 / 3600) ** 2
    assert sky.area == pytest.approx(1.5 * whole, rel=1e-6)
    place = WCS.all_pix2world([100.0, 600.0, 3000.0], [300.0] * 3, 0)
    listed = clusters()[[0, 0, 0]]
    listed["RA"], listed["DEC"] = place
    valid = sky.valid({"sim0001": listed, "sim0002": listed})
    assert valid["sim0001"]["VALID"].tolist() == [True, True, False]
    assert valid["sim0002"]["VALID"].tolist() == [True, False, False]


def test_tile_of_the_notebook(prediction):
    """Which cluster was found by which detection; those beyond the edge are left."""
    ra, dec = WCS.all_pix2world([175.5, 900.0], [399.5, 0.0], 0)
    listed = clusters()[[0, 0]]
    listed["RA"], listed["DEC"] = ra, dec
    listed["X"], listed["Y"] = [175.5, 900.0], [399.5, 0.0]
    find = candidates(read_maps(prediction), WCS, name="t")
    truth, found = matched_tile(listed, find, read_maps(prediction), Rule())
    assert truth["FOUND"].tolist() == [True]
    assert found["TRUE"].tolist() == [True]
    assert found["TRUE_LAMBDA"].tolist() == [40.0]


def test_images_are_those_of_tiles_by_their_order():
    """Files of DES are called otherwise than its tiles."""
    names = ["DES0001+0001", "DES0002-0002"]
    paths = [f"{n}_r4907p01_{b}_nobkg.fits.fz" for n in names for b in "griz"]
    assert products.images_of(names, paths) == {
        names[0]: paths[:4],
        names[1]: paths[4:],
    }
    with pytest.raises(ValueError, match="zip"):
        products.images_of(names, paths[:4])


def test_the_calibration_that_ships_is_read(checkout):
    """A probability rises with what both finders say, and has a threshold."""
    path = checkout / "resources/models/clusters/calibration.json"
    worth = products.read_calibration(path)
    assert worth.probability.slopes[1] > 0
    assert 0.1 < worth.redshifts[0] < worth.redshifts[1] < 0.9
    assert 0.5 < products.read_threshold(path) < 1


def test_calibration_of_scores(tmp_path):
    """A file says a line of all scores; other files are refused."""
    path = tmp_path / "calibration.json"
    known = Worth(Logistic((0.2, 1.5, 4.0), -0.5), (0.1, 0.8))
    line = known.probability.to_json()
    tree = {"calibration": line, "redshifts": [0.1, 0.8], "threshold": {"value": 0.7}}
    write_json(path, tree)
    assert products.read_calibration(path) == known
    assert products.read_threshold(path) == 0.7
    for ends in (None, [0.1], [0.8, 0.1], [-1, 2], ["a", 1], [0.1, 1e9], [True, 1]):
        write_json(path, tree | {"redshifts": ends})
        with pytest.raises(InputError, match=r"key 'redshifts'.*two rising numbers"):
            products.read_calibration(path)
    write_json(path, tree | {"threshold": None})
    assert products.read_threshold(path) == 0.5
    for bad in (-5, 1e308, "x", None, True, [0.5]):
        write_json(path, {"threshold": {"value": bad}})
        with pytest.raises(InputError, match=r"key 'threshold'.* a number from 0 to 1"):
            products.read_threshold(path)
    falling, one = Logistic((0.2, -1.5, 1.0), 0.0), Logistic((0.2,), 0.0)
    shapes = [None, [1], {"kind": "platt"}, falling.to_json(), one.to_json()]
    for wrong in ({}, *({"calibration": shape} for shape in shapes)):
        path.write_text(json.dumps(wrong))
        with pytest.raises(InputError, match=r"calibration\.json.*expected 3 slopes"):
            products.read_calibration(path)
    for wrong in (3, {}, {"value": "much"}, {"value": 99}, {"value": 10**400}):
        path.write_text(json.dumps({"threshold": wrong}))
        with pytest.raises(InputError, match=r"key 'threshold'.*0 to 1"):
            products.read_threshold(path)
