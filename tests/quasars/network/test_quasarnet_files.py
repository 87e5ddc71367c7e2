"""Networks on disk: ours, the published layouts, and files that are neither."""

import io
import json
import re
import zipfile
from dataclasses import asdict

import h5py
import numpy as np
import pytest
from random_networks import (
    PADDED,
    SMALL,
    published,
    random_network,
    rescaling,
    to_keras_3,
    write_h5,
)
from skyloom.io.errors import InputError
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.model import save_member
from skyloom.quasars.spectra.grid import LINEAR, LOG, Grid
from small_quasars import read_about


def same(one, two):
    """Return if two networks have equal weights."""
    pairs = zip(one.arrays.values(), two.arrays.values(), strict=True)
    return all((a == b).all() for a, b in pairs)


@pytest.mark.parametrize("arch", [SMALL, PADDED], ids=["valid", "same"])
def test_ours_and_back(tmp_path, arch):
    """Weights, architecture and what was told about it survive."""
    network, path = random_network(arch), tmp_path / "net_0.keras"
    save_member(path, network, {"seed": np.int64(3), "metrics": {"loss": 0.5}})
    again = read_parameters(path)
    assert again.arch == arch
    assert same(again, network)
    assert read_about(path) == {"seed": 3, "metrics": {"loss": 0.5}}


def test_same_network_same_bytes(tmp_path):
    """No date, no place, no order gets into the file."""
    for name, about in (("a", {"x": 1, "y": 2}), ("b", {"y": 2, "x": 1})):
        save_member(tmp_path / f"{name}.keras", random_network(SMALL), about)
    one, two = ((tmp_path / f"{name}.keras").read_bytes() for name in "ab")
    assert one == two
    # Keras names what layers share by addresses, which another process has otherwise.
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        shared = re.findall(
            r'"shared_object_id": (\d+)', archive.read("config.json").decode()
        )
    assert {int(number) for number in shared} <= set(range(100))


@pytest.mark.parametrize("keras", [2, 3])
@pytest.mark.parametrize("first", [0, 1, 12])
@pytest.mark.parametrize("lambdas", ["lambda", "lambda_0", "rescale"])
def test_published_layouts(tmp_path, keras, first, lambdas):
    """Any Keras, any numbering, any name of the rescaling."""
    network, path = random_network(PADDED), tmp_path / "net.h5"
    config, weights = published(network, first, lambdas)
    if keras == 3:
        config, weights = to_keras_3(config, weights)
    write_h5(path, config, weights, keras=keras)
    again = read_parameters(path)
    assert again.arch == PADDED
    assert same(again, network)


def test_published_without_rescaling(tmp_path):
    """Old weights whose offsets span 0 to 1 are told apart."""
    arch = Architecture(n_layers=4, filters=6, dense=5, rescale=False, bal_lines=())
    write_h5(tmp_path / "net.h5", *published(random_network(arch)))
    again = read_parameters(tmp_path / "net.h5")
    assert again.arch == arch
    assert again.arch.offsets == (0.0, 1.0)


@pytest.mark.parametrize(
    "grid", [LINEAR, Grid("log", LOG.start, LOG.step, 434)], ids=["linear", "434"]
)
def test_grid_in_the_file(tmp_path, grid):
    """`model_grid` says which pixels; by their number alone 434 is not known."""
    arch = Architecture(n_layers=4, filters=6, dense=5, grid=grid)
    path, held = tmp_path / "net.h5", published(random_network(arch))
    write_h5(path, *held, model_grid=grid.wave)
    assert read_parameters(path).arch.grid.wave == pytest.approx(grid.wave)
    write_h5(path, *held)
    if grid == LINEAR:
        assert read_parameters(path).arch.grid == grid
    else:
        with pytest.raises(InputError, match=r"434 pixels, .*not describe.*model_grid"):
            read_parameters(path)


def layer(config, name):
    """Return a layer's settings."""
    found = [held for held in config["config"]["layers"] if held["name"] == name]
    return found[0]["config"]


def rewire(config, name, inputs):
    """Let a layer read others."""
    for held in config["config"]["layers"]:
        if held["name"] == name:
            held["inbound_nodes"] = [[[i, 0, 0, {}] for i in inputs]]


def kind(config, name, other):
    """Make a layer of another class."""
    for held in config["config"]["layers"]:
        if held["name"] == name:
            held["class_name"] = other


MALFORMED = {
    "padding": (lambda c, w: layer(c, "conv_2").update(padding="same"), "conv_2"),
    "stride": (lambda c, w: layer(c, "conv_3").update(strides=[1]), "conv_3.*strides"),
    "strides": (lambda c, w: layer(c, "conv_3").update(strides=[1, 2]), "strides"),
    "filters": (lambda c, w: layer(c, "conv_3").update(filters=7), "conv_3.*filters"),
    "dilated": (lambda c, w: layer(c, "conv_1").update(dilation_rate=[2]), "dilation"),
    "channels first": (
        lambda c, w: layer(c, "conv_1").update(data_format="channels_first"),
        "data_format",
    ),
    "no bias": (lambda c, w: layer(c, "conv_1").update(use_bias=False), "use_bias"),
    "conv activation": (
        lambda c, w: layer(c, "conv_1").update(activation="relu"),
        "conv_1.*activation",
    ),
    "tanh": (
        lambda c, w: layer(c, "conv_4_activation").update(activation="tanh"),
        "conv_4_activation.*tanh",
    ),
    "linear heads": (
        lambda c, w: layer(c, "fc_box_3").update(activation="linear"),
        "fc_box_3.*sigmoid",
    ),
    "BN axis": (
        lambda c, w: layer(c, "batch_normalization").update(axis=[1]),
        "batch_normalization.*axis",
    ),
    "BN without scale": (
        lambda c, w: layer(c, "batch_normalization_1").update(scale=False),
        "batch_normalization_1.*scale",
    ),
    "BN epsilons": (
        lambda c, w: layer(c, "batch_normalization").update(epsilon=1e-5),
        "epsilons",
    ),
    "other rescaling": (
        lambda c, w: layer(c, "lambda_2").update(
            function=rescaling(lambda x: -0.2 + 1.4 * x)
        ),
        "lambda_2.*rescales by",
    ),
    "unseen rescaling": (
        lambda c, w: layer(c, "lambda_2").update(function="rescaled_sigmoid"),
        "lambda_2.*rescales by|lambda_2.*cannot be seen",
    ),
    "one rescaling less": (
        lambda c, w: rewire(c, "conc_box_4", ["fc_box_4", "fc_offset_4"]),
        "fc_offset_4.*some offsets",
    ),
    "three in a head": (
        lambda c, w: rewire(c, "conc_box_1", ["fc_box_1", "lambda_1", "fc_box_2"]),
        "conc_box_1.*joins 3",
    ),
    "another trunk": (
        lambda c, w: rewire(c, "fc_box_1", ["flatten"]),
        "the heads read different layers",
    ),
    "reads nothing": (lambda c, w: rewire(c, "conv_2", []), "conv_2.*reads 0"),
    "reads a stranger": (lambda c, w: rewire(c, "conv_2", ["x"]), "conv_2.*'x'"),
    "LSTM": (lambda c, w: kind(c, "conv_2", "LSTM"), "conv_2.*LSTM"),
    "pooling": (
        lambda c, w: kind(c, "dropout", "MaxPooling1D"),
        "dropout.*MaxPooling1D",
    ),
    "no flatten": (lambda c, w: kind(c, "flatten", "Reshape"), "flatten.*Reshape"),
    "no outputs": (lambda c, w: c["config"].update(output_layers=[]), "no outputs"),
    "five heads": (
        lambda c, w: c["config"].update(output_layers=c["config"]["output_layers"][:5]),
        "5 heads",
    ),
    "sequential": (lambda c, w: c.update(class_name="Sequential"), "Sequential"),
    "no config": (lambda c, w: c.update(config=None), "expected a functional one"),
    "two channels": (
        lambda c, w: layer(c, "input_1").update(batch_input_shape=[None, 443, 2]),
        "input_1.*input shape",
    ),
    "500 pixels": (
        lambda c, w: layer(c, "input_1").update(batch_input_shape=[None, 500, 1]),
        "500 pixels",
    ),
    "few pixels": (
        lambda c, w: layer(c, "input_1").update(batch_input_shape=[None, 458, 1]),
        "dense",  # whose kernel is of 443 pixels
    ),
    "layer without weights": (lambda c, w: w.pop("conv_3"), "conv_3.*not in the file"),
    "array missing": (
        lambda c, w: w["conv_3"].pop("bias"),
        "missing or unknown: conv_3/bias",
    ),
    "NaN weights": (
        lambda c, w: w["fc_common"].update(bias=np.full(5, np.nan)),
        "dense.*NaN",
    ),
    "wrong shape": (
        lambda c, w: w["conv_3"].update(kernel=np.zeros((10, 6, 7))),
        r"conv_3.*\(10, 6, 7\); expected \(10, 6, 6\)",
    ),
    "wrong head": (
        lambda c, w: w["fc_box_0"].update(kernel=np.zeros((5, 12))),
        "box.*90",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_cannot_be_mapped_is_refused(tmp_path, case):
    """By its name, where it has one."""
    config, weights = published(random_network(SMALL))
    change, match = MALFORMED[case]
    change(config, weights)
    path = tmp_path / "net.h5"
    write_h5(path, config, weights)
    with pytest.raises(InputError, match=match):
        read_parameters(path)


def whole(path):
    write_h5(path, *published(random_network(SMALL)))


def theano(path):
    whole(path)
    with h5py.File(path, "a") as file:
        file.attrs["backend"] = "theano"


def weights_only(path):
    whole(path)
    with h5py.File(path, "a") as file:
        del file.attrs["model_config"]


def not_json(path):
    whole(path)
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = "{"


def wrong_grid(path):
    arch = Architecture(n_layers=4, filters=6, dense=5)
    write_h5(path, *published(random_network(arch)), model_grid=LINEAR.wave)


def crooked_grid(path):
    wave = LOG.wave + 50 * np.sin(np.arange(443))
    write_h5(path, *published(random_network(SMALL)), model_grid=wave)


def cut_h5(path):
    whole(path)
    path.write_bytes(path.read_bytes()[:3000])


def member(path, change=lambda name, held: held):
    """Write a member of ours whose parts are changed; None leaves one out."""
    origin = path.with_name("origin.keras")
    save_member(origin, random_network(SMALL), {})
    with zipfile.ZipFile(origin) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            held = change(name, old.read(name))
            if held is not None:
                new.writestr(name, held)


def without_weights(path):
    member(path, lambda name, held: None if name == "model.weights.h5" else held)


def without_sidecar(path):
    member(path, lambda name, held: None if name == "skyloom.json" else held)


def edited(path, edit):
    def change(name, held):
        return json.dumps(edit(json.loads(held))) if name == "skyloom.json" else held

    member(path, change)


def other_format(path):
    edited(path, lambda tree: tree | {"format": 9})


def other_architecture(path):
    edited(path, lambda tree: tree | {"architecture": asdict(PADDED)})


def odd_key(path):
    edited(path, lambda t: t | {"architecture": t["architecture"] | {"odd": 1}})


def cut_zip(path):
    member(path)
    path.write_bytes(path.read_bytes()[:-200])


def leading_out(path):
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/weights.h5", "/layers")
    member(path, lambda n, h: held.getvalue() if n == "model.weights.h5" else h)


def filling_the_memory(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("model.weights.h5", bytes(600_000_000))


BROKEN = {
    leading_out: "a link to another file, '/etc/weights.h5'",
    filling_the_memory: "unpacks to 600,000,000 bytes; expected at most",
    theano: "run backwards",
    weights_only: "without the model's configuration",
    not_json: "JSONDecodeError",
    wrong_grid: "443 pixels; the grid told has 458",
    crooked_grid: "neither linear nor logarithmic",
    cut_h5: "not a readable network",
    without_weights: "not a readable network",
    without_sidecar: "layer",
    other_format: "no skyloom.json of a known format",
    other_architecture: "layer 'conv_5'.*0 arrays",
    odd_key: "missing or unknown keys.*odd",
    cut_zip: "not a readable network",
    lambda path: path.write_bytes(b""): "empty",
    lambda path: path.write_text("hello, network"): "neither zip nor HDF5",
    lambda path: path.mkdir(): "not a file",
    lambda path: None: "no such file",
}


@pytest.mark.parametrize("make", BROKEN, ids=lambda make: make.__name__)
def test_broken_files(tmp_path, make):
    """Each is refused with the file's name and what is wrong."""
    path = tmp_path / "net.file"
    make(path)
    with pytest.raises(InputError, match=BROKEN[make]) as caught:
        read_parameters(path)
    assert str(path) in str(caught.value)


def test_names_end_in_keras(tmp_path):
    """Keras opens nothing else."""
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        save_member(tmp_path / "net.h5", random_network(SMALL), {})
