"""DESOM-2 itself: both networks, trained and kept."""

import re

import nbformat
import numpy as np
import pandas as pd
import pytest
import small_fingerprints as small
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.plots import style
from skyloom.spectra.config_galaxies import GalaxyMap as Settings
from skyloom.spectra.desom.archive import read_archive
from skyloom.spectra.desom.backend import keras
from skyloom.spectra.galaxies.files import write_fingerprints
from skyloom.spectra.galaxy_map.catalogue import catalogue
from skyloom.spectra.galaxy_map.distance import embedding
from skyloom.spectra.galaxy_map.evaluation import evaluate
from skyloom.spectra.galaxy_map.model import placed
from skyloom.spectra.galaxy_map.networks import autoencoder, earth_mover
from skyloom.spectra.rest.files import table_of
from skyloom.spectra.tasks.galaxy_map import (
    draw_galaxy_map,
    save,
    train_galaxy_map,
    write_galaxy_map,
)

PRINTS, TRUTH = small.fingerprints(150)
SHORT = {
    "gamma": 1e-3,
    "rate": 2e-3,
    "iterations": 300,
    "decay": 250,
    "batch": 32,
    "log_every": 100,
    "save_every": 150,
    "pretrain": 0,
    "start": "som",
    "temperature": {"first": 3.0, "last": 0.5, "schedule": "exponential"},
}
UNITS = {
    "rows": 3,
    "columns": 4,
    "lattice": "rectangular",
    "topology": "sheet",
    "metric": "manhattan",
}


def settings(**change) -> dict:
    """Return the settings of a short training."""
    known = {"network": "conv_late", "latent": 6, "scaling": "clipped"}
    known |= {"distance": "pixels", "units": UNITS, "training": SHORT}
    return known | change


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Write fingerprints."""
    path = tmp_path_factory.mktemp("prints") / "fingerprints.npy"
    write_fingerprints(path, PRINTS.shares, table_of(PRINTS.info), PRINTS.layout)
    return path


@pytest.fixture(scope="module")
def trained(path, tmp_path_factory):
    """Train the default network, and return map, log and its file."""
    folder = tmp_path_factory.mktemp("desom2")
    made = train_galaxy_map(path, settings(), 1, folder)
    files = {"model": "map.keras", "log": "desom_log.csv", "placed": "placed.npz"}
    files = {k: folder / name for k, name in files.items()}
    save(made, files, {"code": "c"})
    for name, figure in draw_galaxy_map(files["placed"], files["log"], 1e-3).items():
        style.save(figure, folder / f"{name}.png", dpi=60)
    return made.map, made.history, folder / "map.keras"


@pytest.mark.parametrize(
    ("network", "weights"),
    # By hand: kernels, biases and dense layers, of 225 units and 8 latent values.
    [
        ("conv_late", 160 + 3600 * 8 + 8 + 8 * 3600 + 3600 + 2320 + 17),
        ("conv_early", 320 + 1156 + 900 * 8 + 8 + 8 * 900 + 900 + 148 + 1184 + 289),
    ],
)
def test_networks_are_the_published_ones(network, weights):
    """The number of weights of both, and linear ends."""
    layout = type(PRINTS.layout)(15, 15, "sheet", "rectangular")
    encoder, decoder = autoencoder(network, layout, 8)
    assert encoder.count_params() + decoder.count_params() == weights
    assert encoder.input_shape == decoder.output_shape == (None, 225)
    assert encoder.layers[-1].activation.__name__ == "linear"


def test_another_network_is_refused():
    """It is one of two."""
    with pytest.raises(ValueError, match="conv_late, conv_early"):
        autoencoder("mlp", PRINTS.layout, 8)


def test_loss_is_the_energy_distance():
    """In Keras as in NumPy."""
    p, q = PRINTS.shares[:20], PRINTS.shares[20:40]
    loss = np.asarray(earth_mover(embedding(PRINTS.layout))(p, q))
    np.testing.assert_allclose(
        loss, small.energy(p, q, PRINTS.layout), rtol=1e-3, atol=1e-5
    )


def test_map_learns_and_tells_classes(trained):
    """Losses fall, of test galaxies too, and groups are the classes."""
    made, history, _ = trained
    assert history[-1]["Lr"] < 0.8 * history[0]["Lr"]
    log = pd.read_csv(trained[2].with_name("desom_log.csv"))
    assert log["iter"].tolist() == [100, 200, 300]
    known, held = (made.scaler(PRINTS.part(k)) for k in ("train", "test"))
    mean = np.square(held - known.mean(axis=0)).mean()
    assert history[-1]["val_Lr"] < 0.7 * mean
    known = placed(made, PRINTS.shares)
    judged = evaluate(known, PRINTS, TRUTH, 3)["test"]["classes"]
    assert judged["galaxy_class"]["map"]["ami"] > 0.5
    assert judged["galaxy_class"]["map"]["p"] < 0.001


def test_keras_opens_the_file_which_holds_all_that_placing_needs(trained):
    """Networks, scaling, prototypes and distances; the same bytes are written."""
    made, _, file = trained
    opened = keras.saving.load_model(file)
    ours = made.codec.decode(made.encode(PRINTS.shares))
    theirs = opened.predict(made.scaler(PRINTS.shares), verbose=0)
    np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6)
    facts, arrays = read_archive(file, lambda *parts: parts[:2])
    known = {"prototypes": made.som.weights, "novelty": made.novelty}
    known |= {"low": made.scaler.low, "high": made.scaler.high}
    assert set(arrays) == set(known)
    for name, array in known.items():
        np.testing.assert_array_equal(arrays[name], array)
    assert (facts["network"], facts["scaling"]) == ("conv_late", "clipped")
    copy = file.with_name("copy.keras")
    write_galaxy_map(copy, made, {"code": "c"})
    assert copy.read_bytes() == file.read_bytes()


def test_only_training_galaxies_make_the_map(trained, path, tmp_path):
    """Other fingerprints of test galaxies change nothing of the map."""
    shares = PRINTS.shares.copy()
    test = (PRINTS.info["split"] == "test").to_numpy()
    shares[test] = np.roll(shares[test], 7, axis=1)
    other = tmp_path / "fingerprints.npy"
    write_fingerprints(other, shares, table_of(PRINTS.info), PRINTS.layout)
    made = train_galaxy_map(other, settings(), 1, tmp_path).map
    np.testing.assert_array_equal(made.som.weights, trained[0].som.weights)
    np.testing.assert_array_equal(made.scaler.high, trained[0].scaler.high)


def test_earth_mover_learns(path, tmp_path):
    """The other network, without scaling: shares are moved on the map."""
    # The loss is in grid steps, tens of times the mean square of shares.
    how = settings(network="conv_early", scaling="none", distance="earth_mover")
    found = train_galaxy_map(path, how, 1, tmp_path)
    made, history = found.map, found.history
    assert history[-1]["val_Lr"] < 0.7 * history[0]["val_Lr"]
    known = PRINTS.part("train")
    nothing = small.energy(known, known.mean(axis=0), PRINTS.layout).mean()
    rebuilt = made.codec.decode(made.encode(known))
    assert small.energy(known, rebuilt, PRINTS.layout).mean() < 0.5 * nothing


def test_settings_that_contradict_are_refused():
    """Scaled fingerprints are no shares that could be moved."""
    with pytest.raises(ValueError, match="set scaling to none"):
        Settings.model_validate({"distance": "earth_mover"})
    assert Settings.model_validate({"scaling": "none", "distance": "earth_mover"})


def test_without_training_galaxies_there_is_no_map(tmp_path):
    """The error names the file and what to do."""
    info = PRINTS.info.assign(split="test")
    path = tmp_path / "fingerprints.npy"
    write_fingerprints(path, PRINTS.shares, table_of(info), PRINTS.layout)
    message = "0 training galaxies with spectra; simulate or list more galaxies"
    with pytest.raises(InputError, match=re.escape(message)):
        train_galaxy_map(path, settings(), 1, tmp_path)


def test_notebook_shows_products(trained, path, tmp_path, checkout):
    """Its cells run on the products of the rules, and are stored without outputs."""
    made, _, file = trained
    files = {"placed": str(file.with_name("placed.npz")), "shares": str(path)}
    files |= {kind: str(tmp_path / kind) for kind in ("catalogue.ecsv", "judged.json")}
    made = placed(made, PRINTS.shares)
    judged = evaluate(made, PRINTS, TRUTH, 3)
    write_json(files["judged.json"], judged)
    write_catalogue(files["catalogue.ecsv"], catalogue(PRINTS, made))
    table_of(TRUTH).write(tmp_path / "truth.fits")
    given = {kind.split(".")[0]: place for kind, place in files.items()}
    stored = checkout / "notebooks" / "spectra_desom2.ipynb"
    cells = [c for c in nbformat.read(stored, 4).cells if c.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    assert cells[0].metadata["tags"] == ["parameters"]
    for truth in ([str(tmp_path / "truth.fits")], []):
        names = {"inputs": given | {"truth": truth}}
        for cell in cells[1:]:
            assert cell.source.count("\n") < 8
            exec(cell.source, names)
    assert len(names["placed"]) == len(PRINTS.info) - 1
