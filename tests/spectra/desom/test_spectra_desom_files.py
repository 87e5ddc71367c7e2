"""Files of a trained map of spectra."""

import csv
import zipfile

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.learn.archives import write_parts
from skyloom.spectra.desom.backend import keras, values
from skyloom.spectra.desom.files import read_desom, write_desom
from skyloom.spectra.desom.history import COLUMNS, write_log
from skyloom.spectra.desom.networks import SIDECAR
from skyloom.spectra.tasks.reading import read_map
from small_desom import GRID


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
