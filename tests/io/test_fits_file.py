"""What an open FITS file answers, and what it refuses."""

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.io.fits import opened


def written(path, hdus):
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def broken(path, key):
    """Spoil a card, so that astropy cannot parse it."""
    raw = path.read_bytes()
    at = raw.index(f"{key:8}=".encode())
    card = f"{key:8}= 'no end".encode().ljust(80)
    path.write_bytes(raw[:at] + card + raw[at + 80 :])


@pytest.fixture
def image(tmp_path):
    """Return a file with an image whose card ODD cannot be parsed."""
    hdu = fits.ImageHDU(np.ones((3, 4), "f4"), name="A")
    hdu.header.update({"ODD": "x", "MAGZERO": 30.0})
    path = written(tmp_path / "a.fits", [hdu])
    broken(path, "ODD")
    return path


def test_a_broken_card_harms_nobody_who_does_not_need_it(image, caplog):
    """The header comes without it, as the log says; who asks for it is told."""
    with opened(image) as file:
        assert file["A"].header["MAGZERO"] == 30
        assert "ODD" not in file["A"].header
        assert "HDU 1: passed over: ODD" in caplog.text
        assert file.cards("A", "MAGZERO", "NONE") == {"MAGZERO": 30}
        with pytest.raises(InputError, match="HDU 'A': the card ODD cannot be parsed"):
            file.cards("A", "ODD")


def test_hdus_of_one_name_are_told_by_number(tmp_path):
    """A name that two have is no name."""
    both = [fits.ImageHDU(np.full((2, 2), k, "f4"), name="SCI") for k in (1, 2)]
    with opened(written(tmp_path / "a.fits", both)) as file:
        assert file.names == ["PRIMARY", "SCI", "SCI"]
        assert file.pixels(2).max() == 2
        with pytest.raises(InputError, match=r"'SCI': 2 HDUs of this name, \[1, 2\]"):
            file.pixels("SCI")


def table(**cells):
    forms = {"i": "K", "f": "D", "U": "9A", "c": "C", "b": "L", "u": "K"}
    columns = []
    for name, given in cells.items():
        values = np.asarray(given)
        form = forms[values.dtype.kind]
        form = form if values.ndim == 1 else f"{values.shape[1]}{form}"
        zero = 2**63 if values.dtype.kind == "u" else None
        columns.append(fits.Column(name, form, array=values, bzero=zero))
    return fits.BinTableHDU.from_columns(columns)


GOOD = {"x": [1.5, 2.0], "n": [1, 2], "id": [2**62 + 1, 7], "text": ["8", "9"]}


def test_numbers_and_whole_numbers(tmp_path):
    """By any case, exactly; what is not there and optional is left out."""
    with opened(written(tmp_path / "a.fits", [table(**GOOD)])) as file:
        assert file.numbers(1, ("X", "N"), ("Y",))["X"].tolist() == [1.5, 2]
        found = file.integers(1, ("ID",), ("TEXT", "NO"))
        assert found["ID"].tolist() == [2**62 + 1, 7]
        assert found["TEXT"].tolist() == [8, 9]


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        (
            {"x": ["a", "b"]},
            "HDU 1, column X, row 1: got 'a'; expected one real",
        ),
        ({"x": [1j, 2]}, "column X, row 1: got 1j"),
        ({"x": [[1.0, 2.0]]}, r"column X, row 1: got \[1.0, 2.0\]"),
        ({"x": [True, False]}, "column X, row 1: got True"),
        ({"x": [1.0], "X": ["a"]}, "column X, row 1: got 'a'"),
        ({"y": [1.0]}, "no column X"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path, cells, match):
    """Text, complex numbers, vectors, truth, and columns told apart by case."""
    path = written(tmp_path / "a.fits", [table(**cells)])
    with pytest.raises(InputError, match=match), opened(path) as file:
        file.numbers(1, ("X",))


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        ([1.0, 2.0**60], "column ID, row 2: .* exact below 2"),
        ([1.0, np.nan], "column ID, row 2: empty"),
        (np.array([1, 2**63 + 5], np.uint64), "column ID, row 2: .* beyond 64 bits"),
        (["1", "x"], "column ID, row 2: got 'x'"),
    ],
)
def test_what_is_no_identifier_is_refused(tmp_path, cells, match):
    """Rounded floats, NaN, and what does not fit into 64 bits."""
    path = written(tmp_path / "a.fits", [table(id=cells)])
    with pytest.raises(InputError, match=match), opened(path) as file:
        file.integers(1, ("ID",))


def test_columns_told_apart_by_case(tmp_path):
    """Exact names first, as in CSV; only what is asked for must be one."""
    path = written(tmp_path / "a.fits", [table(B=[1.0], b=[2.0], ra=[3.0])])
    with opened(path) as file:
        assert file.numbers(1, ("b", "RA")) == {"b": [2.0], "RA": [3.0]}
    path = written(tmp_path / "b.fits", [table(Ra=[1.0], rA=[2.0])])
    with pytest.raises(InputError, match="could both be RA"), opened(path) as file:
        file.numbers(1, ("RA",))
