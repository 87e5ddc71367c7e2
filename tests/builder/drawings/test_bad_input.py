"""Malformed inputs: each a clear error or a recorded rejection, nothing else harmed.

`ERRORS` are files that cannot be used at all; `REJECTIONS` are files in which one row
or shape is broken and every other subject and volunteer must come through. Each case
is (name, bytes of the file or a function that writes it, reader, what the message
says).
"""

import dataclasses
import gzip
import json

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyloom.builder.config import Noise
from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.drawings.subjects import (
    read_metadata,
)
from skyloom.builder.drawings.upstream import read_upstream
from skyloom.builder.drawings.volunteers import subject_tree
from skyloom.builder.images.cutout_files import (
    from_difference_json,
    from_metadata_json,
    from_upstream_npz,
    read_cutout,
    write_cutout,
)
from skyloom.builder.model import from_dict
from skyloom.io.documents import read_json
from skyloom.io.errors import InputError
from skyloom.io.fits import read_images
from skyloom.io.npz import read_npz, write_npz
from skyloom.io.tables import Column, read_csv
from skyloom.io.zooniverse import (
    Classification,
    read_classifications,
    read_subjects,
    write_classifications,
)

RNG = np.random.default_rng(5)
SHAPE = (40, 40)
PSF = np.array([[0.05, 0.1, 0.05], [0.1, 0.4, 0.1], [0.05, 0.1, 0.05]])
IMAGE = RNG.normal(0, 0.02, SHAPE)
CLEAR = np.zeros(SHAPE, int)
DIFFERENCE = {"imageData": IMAGE, "mask": CLEAR, "psf": PSF, "multiplier": 1.5}
NPZ = {"image": IMAGE, "mask": CLEAR > 0, "psf": PSF, "multiplier": 1.5}
FITTING = {
    "galaxy_data": IMAGE,
    "sigma_image": np.ones(SHAPE),
    "pixel_mask": CLEAR == 0,
    "psf": PSF,
    "multiplier": 1.5,
}
UPSTREAM = {
    "subject": 1,
    "index": [1, 2],
    "models": [{}, {}],
    "aggregate": {},
    "errors": {},
    "clusters": {},
    "arms": [],
    "tuning": {},
    "image_size": [9, 9],
}
GALAXY = b"subject_id,RA,DEC,PETRO_THETA,CAMCOL\n7,10,20,6.7,3\n"
HEAD = b"classification_id,workflow_id,created_at,annotations,subject_ids\n"
GOOD_ROW = b"1,5366,2020-01-01 00:00:00 UTC,[],101\n"
SCHEMA = {"a": "int", "b": Column("float", low=0, high=1)}


def as_json(tree, **changes) -> bytes:
    plain = {k: np.asarray(v).tolist() for k, v in {**tree, **changes}.items()}
    return json.dumps(plain).encode()


def less(tree, name):
    return {k: v for k, v in tree.items() if k != name}


def npz_of(tree, **changes):
    def write(path):
        with path.open("wb") as file:
            np.savez(file, **{**tree, **changes})

    return write


def npy(path):
    with path.open("wb") as file:
        np.save(file, IMAGE)


def stored_cutout(**changes):
    def write(path):
        np.savez(path.with_suffix(".src.npz"), **NPZ)
        whole = from_upstream_npz(path.with_suffix(".src.npz"), 7, 0, Noise())
        path.with_suffix(".src.npz").unlink()
        write_cutout(path, whole)
        write_npz(path, **{**read_npz(path), **changes})

    return write


def fits_file(path):
    fits.PrimaryHDU().writeto(path)


def cut_fits(path):
    fits.PrimaryHDU(np.ones((90, 90))).writeto(path)
    path.write_bytes(path.read_bytes()[:4000])


def json_cutout(path):
    return from_difference_json(path, 7, Noise())


def json_fitting(path):
    return from_metadata_json(path, 7)


def npz_cutout(path):
    return from_upstream_npz(path, 7, 0, Noise())


def table(path):
    return read_csv(path, SCHEMA)


def sci(path):
    return read_images(path, ["SCI"])


def primary(path):
    return read_images(path, [0])


def two(path):
    return read_npz(path, {"image": ("f", 2)})


nan_image = np.full(SHAPE, np.nan)
ERRORS = [
    # files as such
    ("absent file", None, read_json, "no such file"),
    ("empty file", b"", read_json, "0 bytes"),
    ("folder for a file", lambda p: p.mkdir(), read_json, "not a file"),
    # JSON
    ("cut JSON", b'{"a": [1, 2', read_json, r"line 1, column \d+"),
    ("JSON with a stray comma", b'{"a": 1,}', read_json, "line 1"),
    ("JSON not UTF-8", b'{"a": "\xe9"}', read_json, "byte 7: byte 0xe9 is not UTF-8"),
    ("JSON NaN", b'{"a": NaN}', read_json, "NaN is not JSON"),
    ("JSON key twice", b'{"a": 1, "a": 2}', read_json, "'a' appears twice"),
    ("JSON list for object", b"[1]", read_json, "holds a list; expected a dict"),
    ("JSON nested without end", b"[" * 90000, read_json, "nested too deeply"),
    # CSV
    ("CSV cut in a quote", b'a,b\n1,"0.5', table, "row 2: unexpected end of data"),
    ("CSV cut in a row", b"a,b\n1,0.5\n2", table, r"row 3: 1 cell\(s\); expected 2"),
    ("CSV row too long", b"a,b\n1,0.5,9\n", table, r"row 2: 3 cell\(s\)"),
    ("CSV not UTF-8", b"a,b\n1,\xff\n", table, "line 2, byte 6: byte 0xff"),
    ("CSV header only spaces", b"\n", table, "no header"),
    ("CSV without a column", b"a,c\n1,2\n", table, "b: missing column"),
    ("CSV column twice", b"a,a,b\n1,2,3\n", table, "'a': column appears twice"),
    ("CSV text for a number", b"a,b\nx,0.5\n", table, "row 2, column 'a': got 'x'"),
    ("CSV float for an int", b"a,b\n1.5,0.5\n", table, "got '1.5'; expected a whole"),
    ("CSV empty cell", b"a,b\n,0.5\n", table, "row 2, column 'a': empty cell"),
    ("CSV out of range", b"a,b\n1,1.5\n", table, "got 1.5; expected 0 to 1"),
    ("CSV infinite number", b"a,b\n1,inf\n", table, "got 'inf'"),
    # FITS
    ("not FITS", b"SIMPLE?", sci, "not a readable FITS"),
    ("cut FITS", cut_fits, primary, "not a readable FITS"),
    ("FITS without the HDU", fits_file, sci, "HDU 'SCI': no such HDU"),
    ("FITS without pixels", fits_file, primary, "no pixels"),
    # npz
    ("not npz", b"PK not a zip", two, "not a readable npz"),
    ("one array for npz", npy, two, "not a zip file"),
    ("npz without the key", npz_of({"x": IMAGE}), two, "key 'image': missing array"),
    ("npz of integers", npz_of({"image": CLEAR}), two, "dtype int64"),
    ("npz of one dimension", npz_of({"image": IMAGE[0]}), two, r"shape \(40,\)"),
    ("npz with a pickle", npz_of({"image": np.array([{}])}), two, "not a readable"),
    # images, masks, PSFs, numbers
    ("no mask", as_json(less(DIFFERENCE, "mask")), json_cutout, "'mask': missing"),
    ("NaN image", npz_of(NPZ, image=nan_image), npz_cutout, "no good pixel"),
    ("all masked", as_json(DIFFERENCE, mask=CLEAR + 1), json_cutout, "no good pixel"),
    (
        "text in the image",
        as_json(DIFFERENCE, imageData=[["x"]]),
        json_cutout,
        "numbers",
    ),
    (
        "ragged image",
        json.dumps({**json.loads(as_json(DIFFERENCE)), "imageData": [[1], [1, 2]]}),
        json_cutout,
        "'image': not numbers; expected a regular 2-D array",
    ),
    ("image without pixels", as_json(DIFFERENCE, imageData=[[]]), json_cutout, "shape"),
    ("cube for image", as_json(DIFFERENCE, imageData=[IMAGE]), json_cutout, "2 dim"),
    (
        "mask of another shape",
        as_json(DIFFERENCE, mask=CLEAR[1:]),
        json_cutout,
        r"'mask': shape \(39, 40\); expected that of the image, \(40, 40\)",
    ),
    (
        "mask of 2",
        as_json(DIFFERENCE, mask=CLEAR + 2),
        json_cutout,
        "other than 0 and 1",
    ),
    ("PSF of even sides", as_json(DIFFERENCE, psf=PSF[:2]), json_cutout, "odd sides"),
    (
        "PSF of one dimension",
        as_json(DIFFERENCE, psf=[1.0]),
        json_cutout,
        "'psf': shape",
    ),
    (
        "PSF of sum 2",
        as_json(DIFFERENCE, psf=2 * PSF),
        json_cutout,
        "sum 2; expected 1",
    ),
    ("PSF of sum 0", as_json(DIFFERENCE, psf=0 * PSF), json_cutout, "sum 0"),
    ("PSF NaN", npz_of(NPZ, psf=PSF * np.nan), npz_cutout, "'psf': not finite"),
    (
        "PSF below zero",
        as_json(DIFFERENCE, psf=np.array([[-0.3, 0.8, 0.5]])),
        json_cutout,
        "values down to -37 % of the peak",
    ),
    ("multiplier 0", as_json(DIFFERENCE, multiplier=0), json_cutout, "multiplier is 0"),
    ("multiplier text", as_json(DIFFERENCE, multiplier="x"), json_cutout, "multiplier"),
    ("pixel beyond all", as_json(DIFFERENCE, psf=[[1e308]]), json_cutout, "beyond 1e"),
    (
        "multiplier of 400 digits",
        as_json(DIFFERENCE).replace(b"1.5}", b"9" * 400 + b"}"),
        json_cutout,
        "numbers",
    ),
    (
        "list for metadata",
        as_json(DIFFERENCE, metadata=[1]),
        json_cutout,
        "a list; exp",
    ),
    ("no noise", as_json(DIFFERENCE, imageData=CLEAR), json_cutout, "does not vary"),
    (
        "sigma below zero",
        as_json(FITTING, sigma_image=-np.ones(SHAPE)),
        json_fitting,
        "'sigma': values below 0",
    ),
    (
        "sigma of another shape",
        as_json(FITTING, sigma_image=[[1.0]]),
        json_fitting,
        r"'sigma': shape \(1, 1\)",
    ),
    (
        "sigma nowhere",
        as_json(FITTING, sigma_image=CLEAR),
        json_fitting,
        "no pixel has both",
    ),
    (
        "good-pixel mask of 2",
        as_json(FITTING, pixel_mask=CLEAR + 2),
        json_fitting,
        "'pixel_mask': values other",
    ),
    ("npz metadata no JSON", npz_of(NPZ, metadata="{"), npz_cutout, "'metadata': not"),
    ("ours, no header", stored_cutout(header=np.array("[]")), read_cutout, "a list; e"),
    (
        "ours, no cards",
        stored_cutout(header=np.array('{"A": 1}')),
        read_cutout,
        "cards",
    ),
    ("ours, no sigma", stored_cutout(sigma=CLEAR * 0.0), read_cutout, "above 0; .*del"),
    ("ours, a gap", stored_cutout(image=nan_image), read_cutout, "not finite"),
    ("ours, shapes", stored_cutout(mask=CLEAR[1:] > 0), read_cutout, "of the shapes"),
    ("ours, PSF", stored_cutout(psf=2 * PSF), read_cutout, "a PSF of sum 2"),
    (
        "cutout with a broken header",
        stored_cutout(header=np.array("{")),
        read_cutout,
        "'header': not JSON",
    ),
    # tables of subjects
    (
        "galaxy twice",
        GALAXY + b"7,1,2,3,4\n",
        read_metadata,
        "7 already stands in row 2",
    ),
    (
        "dec of 95",
        GALAXY.replace(b",20,", b",95,"),
        read_metadata,
        "got 95.0; expected -90",
    ),
    ("no RA", GALAXY.replace(b"RA", b"XX"), read_metadata, "RA: missing column"),
    ("camcol 9", GALAXY.replace(b",3\n", b",9\n"), read_metadata, "expected 1 to 6"),
    # Zooniverse exports
    ("export without column", b"a,b\n1,2\n", read_classifications, "missing column"),
    ("cut export", HEAD + b'1,5366,2020,"[{', read_classifications, "unexpected end"),
    (
        "export not UTF-8",
        HEAD + GOOD_ROW.replace(b"[]", b"\xe9"),
        read_classifications,
        "line 2, byte .* not UTF-8",
    ),
    (
        "subjects without column",
        b"subject_id\n1\n",
        read_subjects,
        "missing column 'meta",
    ),
    # decoded upstream files
    ("cut gzip", gzip.compress(b"{}" * 99)[:-9], read_upstream, "damaged gzip"),
    ("no gzip", b"{}", read_upstream, "key 'subject'"),
    (
        "upstream without models",
        gzip.compress(as_json(less(UPSTREAM, "models"))),
        read_upstream,
        "key 'models': got NoneType; expected list",
    ),
    (
        "upstream of unpaired models",
        gzip.compress(as_json(UPSTREAM, models=[{}])),
        read_upstream,
        "1 models for 2",
    ),
    (
        "upstream id twice",
        gzip.compress(as_json(UPSTREAM, index=[1, 1])),
        read_upstream,
        "appears twice",
    ),
]


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=[c[0] for c in cases])


def written(folder, content, reader):
    suffix = ".json.gz" if reader is read_upstream else ".input"
    path = folder / f"bad{suffix}"
    if callable(content):
        content(path)
    elif content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@named(ERRORS)
def test_file_that_cannot_be_used(case, tmp_path):
    """One clear error that begins with the file; nothing is written beside it."""
    _, content, reader, message = case
    path = written(tmp_path, content, reader)
    with pytest.raises(InputError, match=message) as error:
        reader(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == ([path] if path.exists() else [])


ELLIPSE = {"x": 256, "y": 256, "rx": 60, "ry": 30, "angle": 0}
BAR = {"x": 236, "y": 251, "width": 40, "height": 10, "angle": 0}
LINE = {"points": [{"x": 200, "y": 300}, {"x": 210, "y": 300}], "details": []}


def task(name, shapes, *sliders):
    drawn = {"task": f"draw{name}", "value": shapes}
    return {"task": name, "value": [drawn, *({"value": s} for s in sliders)]}


def disk(**changes):
    return [task("disk", [{**ELLIPSE, **changes}], "1", "0.2")]


def lines(*points, **more):
    drawn = [{"points": list(points), **more}]
    return [task("spiral", drawn, "1")]


GOOD = [*disk(), task("bar", [BAR], "1", "0.2", "0.5", "2"), task("spiral", [LINE])]
WHOLE = Classification(50, "ann", "2020-01-01 00:00:01 UTC", 5366, "61.1", 101, GOOD)
OTHERS = [
    WHOLE,
    dataclasses.replace(WHOLE, classification_id=51, user="bob"),
    dataclasses.replace(WHOLE, classification_id=52, user="cat", subject_id=102),
]
# Cells of one more row of subject 101: column, text, reason.
ROWS = [
    ("annotations cut", "annotations", '[{"task": "dis', "annotations: not JSON"),
    ("annotations an object", "annotations", "{}", "expected a list, got a dict"),
    ("annotations NaN", "annotations", "[NaN]", "NaN is not JSON"),
    ("annotations empty", "annotations", "", "annotations: not JSON"),
    ("annotations too deep", "annotations", "[" * 9000, "annotations: not JSON"),
    ("metadata broken", "metadata", "{", "metadata: not JSON"),
    ("no identifier", "classification_id", "", "classification_id: got ''"),
    ("identifier a word", "classification_id", "x1", "got 'x1'"),
    ("identifier rounded", "classification_id", "3.96E+16", "has lost its digits"),
    ("identifier below 0", "classification_id", "-7", "got -7; expected a whole"),
    ("identifier 1_0", "classification_id", "1_0", "got '1_0'"),
    ("identifier beyond", "classification_id", "9223372036854775808", "beyond 64 bits"),
    ("identifier twice", "classification_id", "50", "50 appears twice"),
    ("no date", "created_at", "", "created_at: expected YYYY-MM-DD"),
    ("month 13", "created_at", "2020-13-01 00:00:00 UTC", "created_at"),
    ("user again", "user_name", "ann", "'ann' classified this subject before"),
    ("workflow a word", "workflow_id", "main", "workflow_id: got 'main'"),
]
# Annotations of one more volunteer of subject 101.
SHAPES = [
    ("not a drawing", [{"task": "T0", "value": "Yes"}], "not a drawing"),
    ("task of text", [{"task": "disk", "value": "big"}], "list of answers"),
    ("shapes of text", [{"task": "disk", "value": [{"value": "x"}]}], "list of shapes"),
    ("disk without area", disk(ry=0), "without area"),
    ("disk of negative size", disk(rx=-5), "without area"),
    ("disk without centre", disk(x=None), "x: expected a finite number"),
    ("disk of text", disk(rx="wide"), "rx: expected a finite number, got 'wide'"),
    ("disk of endless size", disk(rx="inf"), "got 'inf'"),
    ("disk angle a list", disk(angle=[1]), "angle: expected a finite number"),
    ("disk is a number", [task("disk", [7])], "expected an object with x, y"),
    ("bar without height", [task("bar", [{**BAR, "height": 0}])], "without area"),
    ("bar is an ellipse", [task("bar", [ELLIPSE])], "width: expected a finite number"),
    ("slider too high", [task("bulge", [ELLIPSE], 1, 0.5, 50)], "slider at 50"),
    ("slider a word", [task("disk", [ELLIPSE], "big", 0.2)], "slider: expected"),
    ("slider below zero", [task("disk", [ELLIPSE], 1, -0.2)], "slider at -0.2"),
    ("arm of no point", lines(), "a line of 0 point"),
    ("arm of one point", lines({"x": 1, "y": 2}), "a line of 1 point"),
    ("arm on the spot", lines({"x": 1, "y": 2}, {"x": 1, "y": 2}), "without length"),
    ("arm of half a point", lines({"x": 1, "y": 2}, {"x": 1}), "y: expected a finite"),
    ("arm of numbers", lines(1, 2), "expected an object with x, y"),
    ("arm is text", [task("spiral", ["x"], 1)], "expected a drawn line"),
    (
        "arm details text",
        lines(*LINE["points"], details="x"),
        "details: expected a list",
    ),
    ("arm spread 9", lines(*LINE["points"], details=[1, 9]), "slider at 9"),
    ("falloff 9", [task("spiral", [LINE], 9)], "slider at 9"),
    ("two disks", [task("disk", [ELLIPSE, ELLIPSE], 1, 0.2)], "first counts"),
]


def export_with(folder, column, text):
    bad = dataclasses.replace(WHOLE, classification_id=60, user="eve")
    path = folder / "c.csv"
    write_classifications(path, [*OTHERS, bad])
    rows = read_csv(path, dict.fromkeys(columns_of(path), Column("str", empty=True)))
    rows.loc[3, column] = text
    rows.to_csv(path, index=False)
    return path


def columns_of(path):
    return path.read_text().splitlines()[0].split(",")


def trees(kept, rejected):
    return {s: subject_tree(s, Screen((64, 64)), kept, rejected) for s in (101, 102)}


@named(ROWS)
def test_row_that_cannot_be_used(case, tmp_path):
    """Recorded with its reason; both subjects keep all their other volunteers."""
    _, column, text, reason = case
    kept, rejected = read_classifications(export_with(tmp_path, column, text))
    assert sorted(c.classification_id for c in kept) == [50, 51, 52]
    assert len(rejected) == 1
    assert reason in rejected[0].reason
    found = trees(kept, rejected)
    assert [len(found[s]["volunteers"]) for s in found] == [2, 1]
    assert [r["reason"] for r in found[101]["rejected"]] == [rejected[0].reason]
    assert found[102]["rejected"] == []


def test_row_of_an_unknown_subject(tmp_path):
    """Recorded when the survey's subjects are given."""
    path = export_with(tmp_path, "subject_ids", "999")
    kept, rejected = read_classifications(path, known=[101, 102])
    assert len(kept) == 3
    assert rejected[0].reason == "subject 999 is not in the subject table"


def test_row_of_two_subjects(tmp_path):
    """A group of subjects is no subject."""
    path = export_with(tmp_path, "subject_ids", "101;102")
    kept, rejected = read_classifications(path)
    assert len(kept) == 3
    assert "subject_ids: got '101;102'" in rejected[0].reason


@named(SHAPES)
def test_shape_that_cannot_be_used(case, tmp_path):
    """Recorded with its reason; every other model is as without the bad one."""
    _, annotations, reason = case
    path = export_with(tmp_path, "annotations", json.dumps(annotations))
    found = trees(*read_classifications(path))
    clean = trees(OTHERS, [])
    (row,) = found[101]["rejected"]
    assert row["classification_id"] == 60
    assert reason in row["reason"]
    assert found[102] == clean[102]
    assert found[101]["volunteers"][:2] == clean[101]["volunteers"]


def test_there_are_enough_cases():
    """More than the 60 that were asked for, all different."""
    names = [case[0] for case in (*ERRORS, *ROWS, *SHAPES)]
    assert len(names) == len(set(names))
    assert len(names) >= 60


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.floats(0, 1), noise=st.binary(max_size=3))
def test_fuzz_damaged_export(cut, noise, tmp_path):
    """Bytes cut or put in: an error with the file's name, or classifications."""
    path = export_with(tmp_path, "user_name", "eve")
    raw = path.read_bytes()
    place = int(cut * len(raw))
    path.write_bytes(raw[:place] + noise + (raw[place + 5 :] if noise else b""))
    try:
        kept, rejected = read_classifications(path)
    except InputError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
    else:
        for tree in trees(kept, rejected).values():
            [from_dict(v["model"]) for v in tree["volunteers"]]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.floats(0, 1), noise=st.binary(max_size=3))
def test_fuzz_damaged_image_file(cut, noise, tmp_path):
    """A damaged npz is an error or a valid cutout, never another exception."""
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **NPZ)
    raw = path.read_bytes()
    place = int(cut * len(raw))
    path.write_bytes(raw[:place] + noise + raw[place + 2 :])
    try:
        cutout = from_upstream_npz(path, 7, 0, Noise())
    except InputError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
    else:
        assert (cutout.sigma > 0).all()
