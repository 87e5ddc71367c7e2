"""A chunk from raw files to spectra at rest, and the sums of the cuts."""

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.run.provenance import Recipe
from skyloom.spectra.galaxies.fingerprints import weights
from skyloom.spectra.rest.files import read_spectra
from skyloom.spectra.tasks.rest import rest_chunk, sum_cuts
from small_spectra import chunk, galaxy, line_spectra, sdss

SETTINGS = {
    "grid": {"start": 4100.0, "step": 4e-4, "pixels": 160},
    "cuts": {"good": 0.5, "sn": 5.0, "signal": 3.0, "chi2": 50.0},
    "sample": {"scale": "median"},
}


def run(raw, folder, settings=SETTINGS):
    raw = {
        kind: files if isinstance(files, list) else [files]
        for kind, files in raw.items()
    }
    counts = rest_chunk(raw, folder / "spec0.npy", settings, Recipe({}, "x").record())
    return counts, read_spectra(folder / "spec0.npy")


def test_a_chunk(tmp_path):
    """Rows that pass, in order; a bad redshift and a masked spectrum are counted."""
    files = chunk(tmp_path, redshift=np.r_[np.full(11, 0.03), np.nan])
    ivar = np.full((12, 300), 400.0)
    ivar[4] = 0
    np.save(files["ivar"], ivar)
    counts, found = run(files, tmp_path / "out")
    assert counts["read"] == 12
    assert counts["kept"] == len(found) == 10
    assert counts["galaxies"] == 3
    assert {k: n for k, n in counts["removed"].items() if n} == {
        "redshift": 1,
        "good": 1,
    }
    radius = np.delete(np.linspace(0, 1.5, 12), [4, 11])
    assert found.info["r_re_light"].to_numpy() == pytest.approx(radius)
    assert found.scaled == "none"
    assert found.grid.wave[
        np.median(found.flux / found.flux[:, :5].mean(1)[:, None], 0).argmax()
    ] == pytest.approx(4500, abs=3)


def test_the_same_bytes_again(tmp_path):
    """Twice the same chunk gives the same three files."""
    files = chunk(tmp_path)
    names = ("spec0.npy", "spec0_ivar.npy", "spec0_info.fits")
    for name in ("one", "two"):
        run(files, tmp_path / name)
    for name in names:
        one, two = ((tmp_path / f / name).read_bytes() for f in ("one", "two"))
        assert one == two


def test_galaxies_that_cannot_be_used_are_left_out(tmp_path):
    """A critical cube and a damaged one are recorded with their reasons."""
    pairs = [
        galaxy(tmp_path, "8080-1901"),
        galaxy(tmp_path, "8081-1901", cards={"DRP3QUAL": 1 << 30}),
        galaxy(tmp_path, "8082-1901"),
    ]
    whole = pairs[2][0].read_bytes()
    pairs[2][0].write_bytes(whole[: len(whole) // 2])
    raw = {"cubes": [str(c) for c, _ in pairs], "maps": [str(m) for _, m in pairs]}
    counts, found = run(raw, tmp_path / "out")
    assert set(found.info["plateifu"]) == {"8080-1901"}
    assert counts["kept"] == 13
    assert set(counts["refused"]) == {pairs[1][0].name, pairs[2][0].name}
    assert "CRITICAL" in counts["refused"][pairs[1][0].name]
    assert "copy it again" in counts["refused"][pairs[2][0].name]


def test_single_spectra(tmp_path):
    """Those without a redshift are recorded; the file's name is the galaxy."""
    facts = {"Z": 0.03, "ZWARNING": 0}
    files = [
        sdss(tmp_path / "spec-0266-51602-0001.fits", facts),
        sdss(tmp_path / "spec-0266-51602-0002.fits"),
    ]
    counts, found = run({"spectra": [str(f) for f in files]}, tmp_path / "out")
    assert found.info["plateifu"].tolist() == ["spec-0266-51602-0001"]
    assert "no redshift" in counts["refused"]["spec-0266-51602-0002.fits"]


def test_nothing_left_is_written_and_then_refused(tmp_path):
    """A chunk may be empty; a run may not, and says which cuts removed all."""
    settings = SETTINGS | {"cuts": SETTINGS["cuts"] | {"sn": 1e6}}
    counts, found = run(chunk(tmp_path), tmp_path / "out", settings)
    assert len(found) == 0
    assert {"plateifu", "flux_min"} <= set(found.info)
    for weight in ("counts", "area", "light"):
        assert len(weights(found.info, weight, 1.5)) == 0
    write_json(tmp_path / "cuts0.json", counts)
    with pytest.raises(
        InputError, match=r"no spectrum of 12 is left.*'sn': 12.*loosen"
    ):
        sum_cuts([tmp_path / "cuts0.json"])


def test_sums(tmp_path):
    """Counts of chunks add up, cut by cut; refused objects are all named."""
    counts, _ = run(chunk(tmp_path), tmp_path / "out")
    other = counts | {"removed": counts["removed"] | {"sn": 4}, "refused": {"a": "b"}}
    for name, one in (("cuts0.json", counts), ("cuts1.json", other)):
        write_json(tmp_path / name, one)
    total = sum_cuts([tmp_path / "cuts0.json", tmp_path / "cuts1.json"])
    assert total["read"] == 24
    assert total["removed"]["sn"] == 4
    assert total["refused"] == {"a": "b"}


def test_a_damaged_chunk_stops_and_leaves_nothing(tmp_path):
    """No product is there when a chunk's array is cut."""
    files = chunk(tmp_path)
    np.save(files["spec"], line_spectra(11))
    with pytest.raises(InputError, match="not of one chunk"):
        run(files, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


def test_quality_of_maps(tmp_path):
    """Maps that the DAP calls critical are left out too."""
    pair = galaxy(tmp_path, maps_cards={"DAPQUAL": (1 << 30) + 1})
    with fits.open(pair[1]) as hdus:
        assert hdus[0].header["DAPQUAL"] & 1
    raw = {"cubes": [str(pair[0])], "maps": [str(pair[1])]}
    counts, found = run(raw, tmp_path / "out")
    assert len(found) == 0
    assert "DAPQUAL" in counts["refused"][pair[0].name]
