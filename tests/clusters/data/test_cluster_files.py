"""Files of data: what is written is read, and nothing else is."""

import io
import os
import pickle

import numpy as np
import pytest
import torch
from invented_fields import SHAPE, catalog, data, file_name
from skyloom.clusters.data.files import (
    block_mean,
    datum,
    numbers_of,
    read_file_data,
    write_file_data,
)
from skyloom.clusters.data.tiles import KEYS, SEED_KEYS
from skyloom.io.errors import InputError


def _save(path, content):
    """Write any object as torch does, unchecked."""
    torch.save(content, path)
    return path


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_what_is_written_is_read(tmp_path, dtype):
    """Maps exactly; images in the type asked for."""
    path, made = tmp_path / file_name(3, 2), data(2)
    write_file_data(path, made, dtype)
    kind = torch.float32 if dtype == "float32" else torch.float16
    for got, one in zip(read_file_data(path), made, strict=True):
        assert torch.equal(got["images"], one["images"].to(kind))
        assert list(got["tile_catalog"]) == list(KEYS)
        for key, values in one["tile_catalog"].items():
            assert torch.equal(got["tile_catalog"][key], values)


def test_same_data_same_bytes(tmp_path):
    """Whatever the file's name and folder, the keys' order and the tensors' strides."""
    one, other = data(2), data(2)
    for each in other:
        each["images"] = each["images"].transpose(1, 2).contiguous().transpose(1, 2)
        each["tile_catalog"] = dict(reversed(each["tile_catalog"].items()))
        kept = torch.stack([each["tile_catalog"]["valid"]] * 2)
        each["tile_catalog"]["valid"] = kept[0]
    paths = [tmp_path / file_name(0, 2), tmp_path / "elsewhere" / file_name(11, 2)]
    for path, made in zip(paths, (one, other), strict=True):
        write_file_data(path, made, "float16")
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_field_written_twice_by_one_list_is_read_twice(tmp_path):
    """Data that share tensors do not share them in the file."""
    path, other = tmp_path / file_name(0, 2), tmp_path / file_name(1, 2)
    one = data(1)
    write_file_data(path, one * 2)
    write_file_data(other, one + data(1))
    assert path.read_bytes() == other.read_bytes()


def test_bright_pixels_saturate_in_float16(tmp_path):
    """A star beyond the type's range stays finite."""
    path, made = tmp_path / file_name(0, 1), data(1)
    made[0]["images"][2, 3, 4] = 1e6
    write_file_data(path, made, "float16")
    assert read_file_data(path)[0]["images"][2, 3, 4] == 65504


def test_seed_files_are_read_when_only_their_keys_are_needed(tmp_path):
    """Other keys of theirs do not matter; ours are missed."""
    made = data(1)
    maps = {key: made[0]["tile_catalog"][key] for key in SEED_KEYS}
    content = [{"tile_catalog": {**maps, "psf": torch.zeros(1)}, **made[0]}]
    content[0]["tile_catalog"] = {**maps, "psf": torch.zeros(1)}
    path = _save(tmp_path / file_name(0, 1), content)
    assert list(read_file_data(path, SEED_KEYS)[0]["tile_catalog"]) == list(SEED_KEYS)
    with pytest.raises(InputError, match="missing key 'n_members'"):
        read_file_data(path)


def test_names_say_number_and_size():
    assert numbers_of("a/b/file_data_12_size_345.pt") == (12, 345)
    assert numbers_of("file_data_0_size_7.pt") == (0, 7)


@pytest.mark.parametrize(
    "name",
    [
        *("file_data_1.pt", "file_data_1_size_0.pt", "file_data_01_size_2.pt"),
        *("file_data_-1_size_2.pt", "file_data_1_size_2.pt.part", "encoder.ckpt"),
    ],
)
def test_other_names_are_refused(tmp_path, name):
    """Before the file is looked at."""
    with pytest.raises(InputError, match="not a name of file data"):
        read_file_data(tmp_path / name)
    with pytest.raises(InputError, match="not a name of file data"):
        write_file_data(tmp_path / name, data(1))
    assert not list(tmp_path.iterdir())


def _without(key):
    return lambda one: one["tile_catalog"].pop(key)


def _put(key, change):
    def apply(one):
        one["tile_catalog"][key] = change(one["tile_catalog"][key])

    return apply


def _images(change):
    def apply(one):
        one["images"] = change(one["images"])

    return apply


def _set(index, value):
    def apply(values):
        values = values.clone()
        values[index] = value
        return values

    return apply


BAD = {
    "no_images": (lambda one: one.pop("images"), "missing key 'images'"),
    "no_catalogue": (lambda one: one.pop("tile_catalog"), "missing key 'tile_catalog'"),
    "no_key": (_without("richness"), "missing key 'richness'"),
    "list_of_numbers": (_put("locs", lambda v: v.tolist()), "'locs' is a list"),
    "dtype_of_flag": (_put("valid", lambda v: v.float()), "dtype torch.float32"),
    "double": (_put("fluxes", lambda v: v.double()), "dtype torch.float64"),
    "int32": (_put("n_sources", lambda v: v.int()), "dtype torch.int32"),
    "batched": (_put("locs", lambda v: v[None]), r"shape \(1, 4, 4, 1, 2\)"),
    "squeezed": (_put("richness", lambda v: v[..., 0, 0]), "rows, columns, 1, 1"),
    "three_bands": (_put("fluxes", lambda v: v[..., :3]), r"\(4, 4, 1, 3\)"),
    "other_grid": (_put("valid", lambda v: v[:2]), r"'valid': a grid of \(2, 4\)"),
    "no_tiles": (_put("locs", lambda v: v[:0]), r"shape \(0, 4, 1, 2\)"),
    "nan_map": (_put("redshift", _set((1, 1), np.nan)), "'redshift': a value that"),
    "outside_tile": (_put("locs", _set((0, 0), 1.5)), "outside its tile"),
    "negative": (_put("n_members", _set((0, 0), -1)), "negative count"),
    "missing_band": (_images(lambda x: x[:3]), r"images: shape \(3, 16, 16\)"),
    "bands_last": (_images(lambda x: x.permute(1, 2, 0)), r"shape \(16, 16, 4\)"),
    "one_band": (_images(lambda x: x[0]), r"shape \(16, 16\)"),
    "cut_image": (_images(lambda x: x[:, :-1]), r"square tiles on a grid of \(4, 4\)"),
    "oblong": (_images(lambda x: x[:, :8]), "square tiles"),
    "nan_pixel": (_images(_set((2, 3, 3), np.nan)), "not finite in i; expected"),
    "infinite": (_images(_set((slice(2), 0), np.inf)), "not finite in g, r; exp"),
    "bfloat16": (_images(lambda x: x.bfloat16()), "dtype torch.bfloat16"),
    "integers": (_images(lambda x: x.int()), "dtype torch.int32"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_data_are_neither_read_nor_written(tmp_path, name):
    """The error names the file, the datum, what was expected and what to do."""
    spoil, message = BAD[name]
    made = data(2)
    spoil(made[1])
    message = f"size_2.pt: datum 1.*{message}"
    path = tmp_path / file_name(5, 2)
    with pytest.raises(InputError, match=message):
        write_file_data(path, made)
    assert not path.exists()
    _save(path, made)
    with pytest.raises(InputError, match=f"{message}.*; delete it and run"):
        read_file_data(path)


def test_the_first_datum_is_looked_at_too(tmp_path):
    """Nothing is compared with a datum that is itself wrong."""
    made = data(2)
    made[0]["images"] = made[0]["images"][:2]
    with pytest.raises(InputError, match="datum 0, images"):
        read_file_data(_save(tmp_path / file_name(0, 2), made))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: data(2), "2 data; expected 3"),
        (list, "0 data; expected 3"),
        (lambda: {"tile_catalog": {}}, "a dict; expected a list"),
        (lambda: torch.zeros(3), "a Tensor; expected a list"),
        (lambda: [torch.zeros(3)] * 3, "datum 0: a Tensor"),
        (lambda: data(2) + data(1, pool=4), "datum 2: shape .4, 8, 8.; expected that"),
        (lambda: [*data(2), _coarse()], r"datum 2: \(2, 2\) tiles"),
    ],
)
def test_other_content_is_refused(tmp_path, content, message):
    """Not n data, or data that are not alike."""
    with pytest.raises(InputError, match=message):
        read_file_data(_save(tmp_path / file_name(0, 3), content()))


def _coarse():
    one = data(1)[0]
    maps = {key: values[:2, :2] for key, values in one["tile_catalog"].items()}
    return {**one, "tile_catalog": maps}


def test_a_truncated_file_is_refused(tmp_path):
    """Wherever it was cut: in the header, in the tensors, in the directory."""
    path = tmp_path / file_name(0, 2)
    write_file_data(path, data(2))
    whole = path.read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"empty|not readable as tensors"):
            read_file_data(path)


def test_a_damaged_file_is_refused(tmp_path):
    """A flipped byte in a tensor is found by the archive's checksums."""
    path = tmp_path / file_name(0, 2)
    write_file_data(path, data(2))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match="not readable as tensors"):
        read_file_data(path)


class Trap:
    """What runs a command when it is unpickled."""

    def __reduce__(self):
        """Return what a pickle would call."""
        return os.mkdir, ("trapped",)


def test_pickled_objects_are_refused(tmp_path, monkeypatch):
    """And not run: neither in an archive of torch nor in a bare pickle."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / file_name(0, 1)
    buffer = io.BytesIO()
    torch.save([Trap()], buffer)
    for content in (buffer.getvalue(), pickle.dumps([Trap()])):
        path.write_bytes(content)
        with pytest.raises(InputError, match="not readable as tensors"):
            read_file_data(path)
    assert not (tmp_path / "trapped").exists()


def test_other_files_are_refused(tmp_path):
    """Text, numpy's archives, folders and nothing."""
    path = tmp_path / file_name(0, 1)
    with pytest.raises(InputError, match="no such file"):
        read_file_data(path)
    path.write_text("SIMPLE  = T")
    with pytest.raises(InputError, match="not readable"):
        read_file_data(path)
    with path.open("wb") as file:
        np.savez(file, images=np.zeros(3))
    with pytest.raises(InputError, match="not readable"):
        read_file_data(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="not a file"):
        read_file_data(path)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """Checked before anything is written."""
    path = tmp_path / file_name(0, 1)
    write_file_data(path, data(1))
    before = path.read_bytes()
    with pytest.raises(InputError, match="2 data; expected 1"):
        write_file_data(path, data(2))
    with pytest.raises(KeyError, match="bfloat16"):
        write_file_data(path, data(1), "bfloat16")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_block_means_are_means_of_blocks():
    """Of the pixels, along the right axes, in any byte order."""
    image = np.arange(2 * 4 * 6, dtype=">f4").reshape(2, 4, 6)
    got = block_mean(image, 2)
    assert got.shape == (2, 2, 3)
    assert got.dtype == np.float32
    assert got[1, 0, 2] == image[1, :2, 4:].mean()
    assert np.array_equal(block_mean(image, 1), image)


def test_block_means_are_over_good_pixels():
    """NaN may hide under a mask; a block without good pixels is 0."""
    image = np.ones((2, 4, 4), np.float32)
    good = np.ones((4, 4), bool)
    image[:, 0, 0], good[0, 0] = np.nan, False
    image[:, 0, 1] = 4
    good[2:, 2:] = False
    expected = np.array([[2, 1], [1, 0]])
    assert np.array_equal(block_mean(image, 2, good), [expected] * 2)


def test_a_datum_can_be_written(tmp_path):
    """Of a field's images and maps, masked pixels included."""
    images = np.ones((4, *SHAPE))
    good = np.ones(SHAPE, bool)
    images[0, 5, 5], good[5, 5] = np.nan, False
    path = tmp_path / file_name(0, 1)
    write_file_data(path, [datum(images, catalog(), 4, good)])
    assert torch.equal(read_file_data(path)[0]["images"], torch.ones(4, 8, 8))
