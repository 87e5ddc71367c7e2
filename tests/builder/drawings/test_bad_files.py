"""Files that cannot be used at all: each a clear error, and nothing else harmed."""

import gzip

import numpy as np
from astropy.io import fits
from bad_input import as_json, less, named, npz_of, refused
from skyloom.builder.drawings.subjects import (
    read_metadata,
)
from skyloom.builder.drawings.upstream import read_upstream
from skyloom.io.documents import read_json
from skyloom.io.fits import read_images
from skyloom.io.npz import read_npz
from skyloom.io.tables import Column, read_csv
from skyloom.io.zooniverse import (
    read_classifications,
    read_subjects,
)

IMAGE = np.zeros((40, 40))
CLEAR = np.zeros((40, 40), int)
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


def npy(path):
    with path.open("wb") as file:
        np.save(file, IMAGE)


def fits_file(path):
    fits.PrimaryHDU().writeto(path)


def cut_fits(path):
    fits.PrimaryHDU(np.ones((90, 90))).writeto(path)
    path.write_bytes(path.read_bytes()[:4000])


def table(path):
    return read_csv(path, SCHEMA)


def sci(path):
    return read_images(path, ["SCI"])


def primary(path):
    return read_images(path, [0])


def two(path):
    return read_npz(path, {"image": ("f", 2)})


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


@named(ERRORS)
def test_file_that_cannot_be_used(case, tmp_path):
    refused(case, tmp_path)
