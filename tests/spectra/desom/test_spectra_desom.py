"""DESOM: its loss, its gradients, what it learns, and that a kill changes nothing."""

import csv
import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.learn import devices
from skyloom.learn.archives import write_parts
from skyloom.plots import style
from skyloom.som.grid import grid_distances
from skyloom.som.matching import two_best
from skyloom.som.quality import topographic_error
from skyloom.spectra.config_map import Temperature, Training, Units
from skyloom.spectra.desom import train as training_module
from skyloom.spectra.desom.autoencoders import build, perceptron, seeded
from skyloom.spectra.desom.backend import keras, values
from skyloom.spectra.desom.files import read_desom, write_desom
from skyloom.spectra.desom.history import COLUMNS, write_log
from skyloom.spectra.desom.model import Desom, squared_residual
from skyloom.spectra.desom.networks import SIDECAR, Network
from skyloom.spectra.desom.samples import Samples
from skyloom.spectra.desom.train import train
from skyloom.spectra.mapping.fill import mean_spectrum
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra, write_spectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks.desom import draw_map, save, train_map
from skyloom.spectra.tasks.reading import read_map

PIXELS, LATENT, GAMMA, HEAT = 64, 5, 0.03, 1.7
GRID = RestGrid(3600.0, 1e-3, PIXELS)
UNITS = Units(rows=5, columns=6)
APART = grid_distances((5, 6), "sheet", "manhattan")


def sheet_of_spectra(n_spectra, seed, pixels=PIXELS):
    """Return spectra of two parameters, with noise and masks."""
    rng = np.random.default_rng(seed)
    age, dust = rng.uniform(-1, 1, (2, n_spectra, 1))
    place = np.linspace(-1, 1, pixels)
    lines = np.exp(-0.5 * ((place - 0.3 * age) / 0.1) ** 2)
    flux = 1 + dust * place + age * place**2 + lines * (1.5 + age)
    ivar = np.where(rng.random(flux.shape) < 0.03, 0, 400.0).astype(np.float32)
    flux = np.where(ivar > 0, flux + 0.05 * rng.normal(size=flux.shape), 0)
    return flux.astype(np.float32), ivar


def how(**changes):
    """Return settings of a short training."""
    heat = Temperature(first=4, last=0.7)
    few = {"iterations": 60, "decay": 40, "batch": 32, "rate": 3e-3, "log_every": 20}
    return Training(**({"temperature": heat, "gamma": 1e-3} | few | changes))


def small_model(seed=1):
    """Return a model with prototypes by lot, a batch, and what it aims at."""
    seeded(seed)
    model = Desom(*build("mlp", PIXELS, LATENT), APART, squared_residual)
    rng = np.random.default_rng(seed)
    model.lay(rng.normal(size=(30, LATENT)))
    flux, ivar = sheet_of_spectra(8, seed)
    x, weight = Samples(flux, ivar, flux.mean(axis=0)).batch(slice(None))
    column = np.ones((8, 1), np.float32)
    aims = {"gamma": GAMMA * column, "temperature": HEAT * column, "weight": weight}
    return model, x, aims


def gradients(model, x, aims):
    """Return the loss, and its gradients by variable."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = model.compute_loss(tf.constant(x), aims, model(x))
    found = tape.gradient(loss, model.trainable_variables)
    return float(loss), [np.asarray(tf.convert_to_tensor(one).numpy()) for one in found]


def by_hand(model, x, aims):
    """Return loss terms by plain NumPy in float64, in two passes."""
    latent = values(model.encoder(x)).astype(float)
    made = values(model.decoder(model.encoder(x))).astype(float)
    prototypes = values(model.prototypes).astype(float)
    step = latent[:, None] - prototypes[None]
    near = (step**2).sum(axis=2)
    best = near.argmin(axis=1)
    weight = np.exp(-(APART[best] ** 2) / HEAT**2)
    residual = (aims["weight"] * (x - made) ** 2).sum(axis=1)
    return residual.mean(), (weight * near).sum(axis=1).mean(), weight, step


def test_loss_is_that_of_two_passes_in_numpy():
    """One pass with matrix products gives the published loss."""
    model, x, aims = small_model()
    residual, ordered, _, _ = by_hand(model, x, aims)
    loss, _ = gradients(model, x, aims)
    assert loss == pytest.approx(residual + GAMMA * ordered, rel=1e-5)


def test_gradient_goes_through_distances_only():
    """Neighbourhoods are constants: dL/dm = -2 gamma mean_i w_ik (z_i - m_k).

    What learns is the prototypes divided by their pace.
    """
    model, x, aims = small_model()
    laid = values(model.prototypes)
    model.hasten(4.0)
    np.testing.assert_allclose(values(model.prototypes), laid, rtol=1e-6)
    _, _, weight, step = by_hand(model, x, aims)
    _, found = gradients(model, x, aims)
    index = [v is model.paced for v in model.trainable_variables].index(True)
    wanted = -2 * GAMMA * 4 * (weight[:, :, None] * step).mean(axis=0)
    np.testing.assert_allclose(found[index], wanted, rtol=1e-4, atol=1e-7)
    # Without the map's term prototypes rest; the encoder feels both terms.
    still = gradients(model, x, aims | {"gamma": 0 * aims["gamma"]})[1]
    assert (still[index] == 0).all()
    assert np.abs(still[0] - found[0]).max() > 1e-6


def test_masked_pixels_have_no_part():
    """Neither in the loss nor in its gradients, whatever they hold."""
    flux, ivar = sheet_of_spectra(8, 1)
    model, _, aims = small_model()
    wild = np.where(ivar > 0, flux, 1e6).astype(np.float32)
    fill = mean_spectrum(flux, ivar)
    results = []
    for each in (flux, wild):
        x, aims["weight"] = Samples(each, ivar, fill).batch(slice(None))
        results.append(gradients(model, x, aims))
    (loss, tame), (same, found) = results
    assert loss == same
    assert all((a == b).all() for a, b in zip(tame, found, strict=True))


def test_published_sizes():
    """The large network of 4544 pixels has the published number of parameters."""
    big = sum(model.count_params() for model in build("conv_big", 4544, 256))
    assert big == 9_497_537
    for name, pixels in (("conv_small", 96), ("conv_big", 96), ("mlp", 37)):
        encoder, decoder = build(name, pixels, 7)
        made = decoder(encoder(np.zeros((2, pixels), np.float32)))
        assert made.shape == (2, pixels)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(("lstm", 64, 5), "it is one of conv_big"), (("conv_small", 60, 5), "multiple")],
)
def test_impossible_network_is_refused(arguments, problem):
    """Not built, and said why."""
    with pytest.raises(ValueError, match=problem):
        build(*arguments)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a trained map of spectra, its file, its log, and unseen spectra."""
    flux, ivar = sheet_of_spectra(600, 1)
    unseen = sheet_of_spectra(300, 2)
    mean = mean_spectrum(flux, ivar)
    seeded(3)
    pair = build("conv_small", PIXELS, LATENT)
    samples = Samples(flux, ivar, mean, mean=mean)
    held = Samples(*unseen, mean, mean=mean)
    long = how(iterations=500, decay=400, rate=5e-3, log_every=100, pretrain=2)
    made = train(pair, samples, UNITS, long, 7, held=held)
    about = {"network": "conv_small", "history": made.history}
    codec = Network(*pair, mean)
    spectral = SpectralMap("desom", codec, made.som, GRID, "median", mean, about)
    path = tmp_path_factory.mktemp("desom") / "map.keras"
    write_desom(path, spectral)
    return spectral, path, made.history, unseen


def test_unseen_spectra_are_reconstructed(trained):
    """Closer than by the mean spectrum, and nearly as the noise allows."""
    spectral, _, history, (flux, ivar) = trained
    made = spectral.reconstruct(spectral.encode(flux, ivar))
    good = ivar > 0
    chi2 = (ivar * (flux - made) ** 2)[good].mean()
    mean = (ivar * (flux - spectral.mean) ** 2)[good].mean()
    assert chi2 < mean / 20
    assert chi2 < 2.5
    assert history[-1]["val_Lr"] < history[0]["val_Lr"]
    assert history[-1]["latent_topographic_err"] < 0.1


def test_map_is_ordered_on_unseen_spectra(trained):
    """Its best units touch; those of a shuffled map do not."""
    spectral, _, _, (flux, ivar) = trained
    unit, _, latent = spectral.place(flux, ivar)
    assert topographic_error(spectral.som, latent) < 0.1
    assert len(set(unit.tolist())) > 20


def test_file_holds_all(trained, tmp_path):
    """Read again it places the same spectra on the same units; same map, same bytes."""
    spectral, path, _, (flux, ivar) = trained
    again = read_map(path)
    (unit, _, latent), (found, _, close) = (
        one.place(flux, ivar) for one in (spectral, again)
    )
    np.testing.assert_allclose(close, latent, atol=1e-5 * latent.std())
    assert (found == unit).mean() > 0.99
    made = spectral.prototypes()
    np.testing.assert_allclose(again.prototypes(), made, atol=1e-5 * made.std())
    assert (again.grid, again.scaled, again.kind) == (GRID, "median", "desom")
    write_desom(tmp_path / "again.keras", spectral)
    assert (tmp_path / "again.keras").read_bytes() == path.read_bytes()
    opened = keras.models.load_model(path)
    np.testing.assert_allclose(
        values(opened(flux - spectral.mean)) + spectral.mean,
        spectral.reconstruct(spectral.codec.encode(flux)),
        rtol=1e-5,
    )


def test_log_has_the_published_columns(trained, tmp_path):
    """Losses add up; the columns of unseen spectra follow."""
    _, _, history, _ = trained
    write_log(tmp_path / "log.csv", history)
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["iter", "T", *COLUMNS, *(f"val_{c}" for c in COLUMNS)]
    assert [int(row["iter"]) for row in rows] == [100, 200, 300, 400, 500]
    for row in history:
        assert row["L"] == pytest.approx(row["Lr"] + 1e-3 * row["Lsom"])
        assert row["Lsom"] == pytest.approx(row["Lkm"] + row["Ltop"])
        assert row["Lkm"] >= row["latent_quantization_err"] ** 2


def weights_of(pair):
    return [w for model in pair for w in map(values, model.weights)]


def test_killed_training_ends_with_the_same_bytes(tmp_path, monkeypatch):
    """Stopped after a checkpoint and begun again, it is as if undisturbed."""
    flux, ivar = sheet_of_spectra(200, 1)
    samples = Samples(flux, ivar, mean_spectrum(flux, ivar))

    def run(folder):
        seeded(3)
        pair = build("mlp", PIXELS, LATENT)
        settings = how(save_every=25, pretrain=1, start="random")
        made = train(pair, samples, UNITS, settings, 7, folder=folder)
        return pair, made

    whole, wanted = run(None)
    step = training_module._Run.step

    def killed(self, number):
        if number == 40:
            raise KeyboardInterrupt
        step(self, number)

    monkeypatch.setattr(training_module._Run, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    done = []
    monkeypatch.setattr(
        training_module._Run, "step", lambda self, n: (done.append(n), step(self, n))
    )
    again, found = run(tmp_path)
    assert done[0] == 25
    assert (found.som.weights == wanted.som.weights).all()
    assert found.history == wanted.history
    for one, other in zip(weights_of(whole), weights_of(again), strict=True):
        assert (one == other).all()


def test_legacy_distance_shears_the_map():
    """On a curved sheet, second-best units lie on one diagonal more than the other."""
    rng = np.random.default_rng(1)
    place = rng.uniform(-1, 1, (3000, 2))
    bends = np.sin(place @ rng.normal(size=(2, 8)))
    x = (bends + 0.02 * rng.normal(size=bends.shape)).astype(np.float32)
    few = how(iterations=400, decay=400, batch=128, rate=5e-3, gamma=1e-1)
    shares = {}
    for metric in ("manhattan", "legacy"):
        seeded(1)
        pair = perceptron(8, 4, (16,))
        units = Units(rows=8, columns=8, metric=metric)
        made = train(pair, Samples(x), units, few, 1)
        latent = Network(*pair).encode(x)
        assert topographic_error(made.som, latent) < 0.1
        row, column = np.divmod(two_best(made.som, latent), 8)
        turn = np.diff(row, axis=1) * np.diff(column, axis=1)
        shares[metric] = [(turn == sign).mean() for sign in (1, -1)]
    diagonal, other = shares["legacy"]
    assert other > 3 * diagonal
    assert shares["manhattan"][1] < 3 * shares["manhattan"][0] + 0.02


@pytest.mark.parametrize("topology", ["sheet", "torus"])
def test_hexagonal_maps_of_images_train(topology):
    """With a loss of one's own, and samples that have no weights."""
    rng = np.random.default_rng(1)
    place = rng.uniform(-1, 1, (400, 2))
    images = np.tanh(place @ rng.normal(size=(2, 16))).reshape(-1, 4, 4, 1)
    units = Units(rows=6, columns=5, lattice="hexagonal", topology=topology)
    layers = keras.layers
    seeded(1)
    flat, row = perceptron(16, 3, (12,))
    start, code = keras.Input((4, 4, 1)), keras.Input((3,))
    encoder = keras.Model(start, flat(layers.Flatten()(start)))
    decoder = keras.Model(code, layers.Reshape((4, 4, 1))(row(code)))

    def absolute(x, made, _):
        return keras.ops.mean(keras.ops.abs(x - made), axis=(1, 2, 3))

    made = train(
        (encoder, decoder),
        Samples(images),
        units,
        how(iterations=300),
        1,
        loss=absolute,
    )
    assert (made.som.lattice, made.som.topology) == ("hexagonal", topology)
    first, last = made.history[0], made.history[-1]
    assert last["L"] < first["L"]
    assert last["latent_topographic_err"] < 0.2


def test_loss_that_explodes_is_told():
    """Not trained on in silence."""
    flux, _ = sheet_of_spectra(64, 1)
    pair = build("mlp", PIXELS, LATENT)
    with pytest.raises(FloatingPointError, match="lower the rate"):
        train(pair, Samples(1e19 * flux), UNITS, how(rate=1), 1)


OTHER_BACKEND = """
import numpy as np
from skyloom.spectra.desom.backend import keras, values
from skyloom.spectra.desom.model import neighbourhood, squared_distances
rng = np.random.default_rng(1)
z, m = (rng.normal(size=(n, 3)).astype("f4") for n in (4, 6))
near = squared_distances(keras.ops.convert_to_tensor(z), keras.ops.convert_to_tensor(m))
wanted = ((z[:, None] - m) ** 2).sum(axis=2)
np.testing.assert_allclose(values(near), wanted, rtol=1e-4, atol=1e-5)
apart = np.abs(np.arange(6)[:, None] - np.arange(6)).astype("f4") ** 2
weight = values(neighbourhood(near, apart, np.full((4, 1), 2, "f4")))
np.testing.assert_allclose(weight, np.exp(-apart[wanted.argmin(axis=1)] / 4), rtol=1e-5)
"""


def test_loss_on_another_backend(checkout):
    """PyTorch computes the same distances and neighbourhoods."""
    env = {"KERAS_BACKEND": "torch", "PYTHONPATH": str(checkout / "workflow/lib")}
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND], check=True, env=os.environ | env
    )


def edited(old, new):
    """Return what replaces some bytes of a map's sidecar."""
    return lambda parts: parts | {SIDECAR: parts[SIDECAR].replace(old, new)}


def without(name):
    """Return what takes a member out of an archive."""
    return lambda parts: {k: v for k, v in parts.items() if k != name}


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (without(SIDECAR), "not a map of ours"),
        (without("model.weights.h5"), "not a readable network"),
        (without("skyloom/mean.npy"), "mean"),
        (edited(b'"format": 1', b'"format": 7'), "format 7"),
        (edited(b'"conv_small"', b'"conv_large"'), "network 'conv_large'"),
        (edited(b'"latent": 5', b'"latent": 6'), "not a readable network"),
        (edited(b'"pixels": 64', b'"pixels": 80'), "not a readable network"),
        (edited(b'"sheet"', b'"globe"'), "topology 'globe'"),
        (edited(b'"median"', b'"square"'), "square"),
        (lambda parts: parts | {SIDECAR: b"[]"}, "not a readable network"),
    ],
)
def test_file_of_others_is_refused(trained, tmp_path, damage, problem):
    """And named, with what to do."""
    with zipfile.ZipFile(trained[1]) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    write_parts(tmp_path / "bad.keras", damage(parts))
    with pytest.raises(InputError, match=problem) as told:
        read_desom(tmp_path / "bad.keras")
    assert "bad.keras" in str(told.value)
    assert "makes it again" in str(told.value)


def test_damaged_file_is_refused(trained, tmp_path):
    """Cut short, or with a byte that is another."""
    held = bytearray(trained[1].read_bytes())
    (tmp_path / "short.keras").write_bytes(held[: len(held) // 2])
    held[len(held) // 2] ^= 1
    (tmp_path / "flipped.keras").write_bytes(held)
    for name in ("short.keras", "flipped.keras"):
        with pytest.raises(InputError, match="not a readable network"):
            read_desom(tmp_path / name)


def write_sets(folder, *, damage=None):
    """Write training and test spectra as the sample's rules do."""
    info = pd.DataFrame({"plateifu": ["8000-1901"] * 90})
    for number, part in enumerate(("train", "test")):
        flux, ivar = sheet_of_spectra(90, number)
        made = RestSpectra(flux, ivar, info, GRID, "median")
        if damage and part == "test":
            made = damage(made)
        write_spectra(folder / f"X_{part}.npy", made, info=folder / f"Y_{part}.fits")
    names = ("X_train.npy", "Y_train.fits", "X_test.npy", "Y_test.fits")
    return {name[:-4].rstrip(".").lower(): str(folder / name) for name in names}


def settings_of_task(training):
    units = {"rows": 4, "columns": 5, "lattice": "hexagonal", "topology": "sheet"}
    desom = {"network": "mlp", "latent": LATENT, "weighted": True}
    desom |= {"units": units | {"metric": "manhattan"}, "training": training}
    return {"desom": desom, "seed": 1, "repeat": 0}


def test_task_writes_map_log_and_pictures(tmp_path):
    """From files to files; another repeat is another map."""
    files, maps = write_sets(tmp_path), []
    settings = settings_of_task(how(iterations=40, start="random").model_dump())
    for repeat in (0, 1):
        where = {"folder": tmp_path, "threads": 1, "gpu": 0}
        made = train_map(files, settings | {"repeat": repeat}, {"input": 1}, **where)
        (tmp_path / "training.npz").unlink(missing_ok=True)
        maps.append(made.som.weights)
    assert (maps[0] != maps[1]).any()
    model, log = str(tmp_path / "m.keras"), str(tmp_path / "log.csv")
    save(made, model, log)
    again = read_map(model)
    assert again.about["provenance"] == {"input": 1}
    assert again.som.lattice == "hexagonal"
    figures = draw_map(model, log, files["x_test"], files["y_test"], 0.1, 1)
    assert sorted(figures) == ["hits", "loss", "prototypes", "reconstructions"]
    shown = figures["reconstructions"].axes
    assert len(shown) == 10
    curves = figures["prototypes"].axes[0].collections[0].get_segments()
    assert len(curves) == 20
    for figure in figures.values():
        style.save(figure, tmp_path / "f.png", dpi=30)


def emptied(spectra):
    ivar = spectra.ivar.copy()
    ivar[7] = 0
    return replace(spectra, ivar=ivar)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (emptied, "no good pixel"),
        (lambda spectra: replace(spectra, scaled="zscore"), "other pixels or scaling"),
        (lambda spectra: spectra.rows(slice(0, 0)), "no spectra"),
    ],
)
def test_spectra_that_cannot_be_learned_are_refused(tmp_path, damage, problem):
    """Before the training, with the file's name."""
    files = write_sets(tmp_path, damage=damage)
    settings = settings_of_task(how().model_dump())
    with pytest.raises(InputError, match=problem) as told:
        train_map(files, settings, {}, folder=tmp_path, threads=1, gpu=0)
    assert "X_test.npy" in str(told.value)


def test_missing_gpu_is_told(tmp_path, monkeypatch):
    """Not trained without it in silence."""
    monkeypatch.setattr(devices, "_tensorflow", lambda: ("9.1", False, 0))
    settings = settings_of_task(how().model_dump())
    with pytest.raises(RuntimeError, match=r"spectra\.desom\.gpu asks for cuda, but "):
        train_map({}, settings, {}, folder=tmp_path, threads=1, gpu=1)
