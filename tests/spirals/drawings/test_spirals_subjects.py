"""Galaxy Builder's subjects: marks and image lie on one sky."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Polygon, union_all
from skyloom.io.errors import DatumError, InputError
from skyloom.spirals.cutouts.resample import onto
from skyloom.spirals.drawings.shapes import HALF_WIDTH, box, stroke_areas
from skyloom.spirals.drawings.subjects import Turn, read_subject, read_turns
from skyloom.spirals.segmaps.counts import segmap
from skyloom.spirals.segmaps.marks import read_marks, write_marks

NX, NY = 80, 80
# Without a grid GEOS 3.14 fills holes of areas that nearly share an edge.
GRID = 1e-6  # px
TENTHS = st.integers(0, 1000).map(lambda tenths: tenths / 10)  # px
METADATA = {"ra": "150.0", "dec": "20.0", "redshift": "0.05"}
BAR = {"mux": 50.0, "muy": 30.0, "roll": 0.7, "Re": 8.0, "q": 0.25}
LINE = [[20.0, 20.0], [30.0, 22.0], [38.0, 30.0]]


def model(bar=None, *lines) -> dict:
    """Return what a volunteer drew, as published."""
    flat = {f"points.{i}": line for i, line in enumerate(lines)}
    return {
        "disk": None,
        "bulge": None,
        "bar": bar,
        "spiral": {"n_arms": len(lines)} | flat,
    }


def written(folder: Path, models=None, **arrays) -> tuple[Path, Path]:
    """Write the two files of a subject."""
    image = np.random.default_rng(1).normal(0, 0.01, (NY, NX)).astype(np.float32)
    values = {
        "image": image,
        "mask": np.zeros((NY, NX), bool),
        "multiplier": 2.0,
        "metadata": json.dumps(METADATA),
    }
    values |= arrays
    np.savez(folder / "1.npz", **{k: v for k, v in values.items() if v is not None})
    models = [model(BAR), model(None, LINE), model()] if models is None else models
    tree = {"subject": 1, "index": list(range(len(models))), "models": models}
    with gzip.open(folder / "1.json.gz", "wt") as file:
        json.dump(tree, file)
    return folder / "1.json.gz", folder / "1.npz"


@settings(max_examples=60)
@given(
    st.lists(st.tuples(TENTHS, TENTHS), min_size=2, max_size=12),
    st.floats(0.5, 5),
)
def test_areas_of_strokes(points: list[tuple[float, float]], width: float) -> None:
    """The area of a line is what lies near it: no more, no less, no holes filled."""
    line = LineString(points)
    # A stroke shorter than its width is a dab, whose ends matter more than its line.
    if line.length < 1 or np.hypot(*np.ptp(points, axis=0)) < 2 * width:
        return
    areas = [Polygon(v).buffer(0) for v in stroke_areas(np.array(points), width)]
    found = union_all(areas, grid_size=GRID)
    expected = line.buffer(width, cap_style="flat", quad_segs=4)
    # Simplified, a line that folds back is a straight one, without round ends: a disc.
    disc = np.pi * width**2
    assert found.area == pytest.approx(expected.area, rel=0.1, abs=disc)
    near = line.buffer(1.3 * width)
    assert all(area.difference(near).area < 0.05 * width**2 for area in areas)


def test_a_closed_stroke_is_a_ring() -> None:
    """What a line surrounds is not marked."""
    angle = np.linspace(0, 2 * np.pi, 50)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 20
    areas = [Polygon(v) for v in stroke_areas(ring, 2.0)]
    assert len(areas) > 1
    assert not any(area.contains(MultiPoint([(0, 0)])) for area in areas)
    assert union_all(areas, grid_size=GRID).area == pytest.approx(
        2 * np.pi * 20 * 4, rel=0.03
    )


def test_box() -> None:
    """Three effective radii long, its long axis counter-clockwise from +y."""
    corners = box(10.0, 20.0, np.pi / 2, 4.0, 0.25)
    assert Polygon(corners).area == pytest.approx(12 * 3)
    assert np.ptp(corners, axis=0) == pytest.approx([12, 3])
    assert corners.mean(axis=0) == pytest.approx([10, 20])
    tilted = box(0, 0, np.pi / 4, 4.0, 0.01)
    assert tilted[0] == pytest.approx([-4.24, 4.24], abs=0.1)


@pytest.mark.parametrize("quarters", [0, 1, 2])
@pytest.mark.parametrize("north", [0.0, -0.7, -2.9])
def test_marks_lie_on_the_light(tmp_path: Path, quarters: int, north: float) -> None:
    """Light that is painted in the frame where a bar is drawn is under its mark."""
    turn = Turn(quarters, north)
    frame = np.zeros((NY, NX), np.float32)
    rows, columns = np.mgrid[:NY, :NX]
    drawn = np.array([BAR["mux"], BAR["muy"]]) - turn.half_pixel
    frame += np.exp(-((columns - drawn[0]) ** 2 + (rows - drawn[1]) ** 2) / 2 / 2.0**2)
    image = np.rot90(frame, -(quarters % 2))
    subject = read_subject(*written(tmp_path, image=image), turn)
    stamp = subject.marks.frame.stamp.resized(240)
    flux = np.nan_to_num(onto(subject.cutout, stamp).flux[0])
    rows, columns = np.mgrid[:240, :240]
    light = np.array([(flux * v).sum() / flux.sum() for v in (columns, rows)])
    (corners,) = subject.marks.bar[0]
    mark = subject.marks.frame.on(stamp, corners).mean(axis=0)
    assert np.abs(light - mark).max() < 0.05  # of a third of an SDSS pixel


def test_what_is_drawn(tmp_path: Path) -> None:
    """Three volunteers were asked for both; who drew nothing is blank."""
    subject = read_subject(*written(tmp_path), Turn(0, 0.0))
    marks = subject.marks
    assert [len(drawing) for drawing in marks.spiral] == [0, 1, 0]
    assert [len(drawing) for drawing in marks.bar] == [1, 0, 0]
    assert marks.spiral_ids == marks.bar_ids == (0, 1, 2)
    (arm,) = marks.spiral[1]
    length = LineString(LINE).length
    assert Polygon(arm).area == pytest.approx(2 * HALF_WIDTH * NX * length, rel=0.05)
    assert subject.redshift == 0.05
    # (0.262 / 0.396) ** 2 of a pixel, twice a nanomaggy.
    image = np.load(tmp_path / "1.npz")["image"]
    middle = subject.cutout.flux[0][NY // 2 : NY // 2 + NY, NX // 2 : NX // 2 + NX]
    assert middle == pytest.approx(image * 2 * 0.43774, rel=1e-3)
    write_marks(tmp_path / "marks.json", marks)
    again = read_marks(tmp_path / "marks.json")
    assert again.frame == marks.frame
    assert np.array_equal(again.spiral[1][0], arm)


def test_north_is_up(tmp_path: Path) -> None:
    """A bar along north in the frame is upright on the field."""
    north = -0.6
    bar = {**BAR, "mux": 40.0, "muy": 40.0, "roll": north % np.pi, "q": 0.1}
    marks = read_subject(*written(tmp_path, [model(bar)]), Turn(0, north)).marks
    width, height = np.ptp(marks.bar[0][0], axis=0)
    assert height == pytest.approx(24, rel=0.01)
    assert width == pytest.approx(2.4, rel=0.01)


def test_a_click_is_no_arm(tmp_path: Path) -> None:
    """A line of one point, or without length, has no area."""
    models = [model(None, [[3.0, 4.0]]), model(None, [[3.0, 4.0], [3.0, 4.0]])]
    marks = read_subject(*written(tmp_path, models), Turn(0, 0.0)).marks
    assert marks.spiral == ((), ())


@pytest.mark.parametrize(
    ("z", "known"), [("0.02", True), ("0.00002", False), ("-1", False)]
)
def test_redshifts(tmp_path: Path, z: str, known: bool) -> None:
    """A redshift that peculiar motions make is no distance."""
    metadata = json.dumps(METADATA | {"redshift": z})
    subject = read_subject(*written(tmp_path, metadata=metadata), Turn(0, 0.0))
    assert np.isfinite(subject.redshift) == known


BAD = {
    "no multiplier": ({"multiplier": None}, "multiplier"),
    "no light": ({"multiplier": 0.0}, "key 'multiplier'"),
    "no metadata": ({"metadata": None}, "metadata"),
    "metadata as text": ({"metadata": "ra 150"}, "key 'metadata'"),
    "no position": ({"metadata": "{}"}, "JSON with ra, dec"),
    "off the sky": ({"metadata": json.dumps(METADATA | {"dec": "95"})}, "dec 95.0"),
    "a cube": ({"image": np.zeros((3, NY, NX))}, "key 'image'"),
    "whole numbers": ({"image": np.zeros((NY, NX), int)}, "key 'image'"),
    "tiny": ({"image": np.zeros((4, 4))}, "an image of"),
    "all missing": ({"image": np.full((NY, NX), np.nan)}, "without numbers"),
    "no models": ({"models": []}, "no models"),
    "another kind": ({"models": [3]}, "volunteer 1"),
    "no bar key": ({"models": [{"spiral": None}]}, "volunteer 1"),
    "a bar without a size": ({"models": [model({**BAR, "Re": 0.0})]}, "volunteer 1"),
    "a bar without a place": ({"models": [model({**BAR, "mux": None})]}, "volunteer 1"),
    "a bar of text": ({"models": [model({**BAR, "q": "wide"})]}, "volunteer 1"),
    "points as text": ({"models": [model(None, "left")]}, "volunteer 1"),
    "points of three": ({"models": [model(None, [[1, 2, 3], [4, 5]])]}, "volunteer 1"),
    "a point far off": (
        {"models": [model(), model(None, [[0, 0], [9e9, 1]])]},
        "unteer 2",
    ),
    "no number": (
        {"models": [model(None, [[0, float("nan")], [1, 1]])]},
        "volunteer 1",
    ),
    "a missing line": (
        {"models": [{"bar": None, "spiral": {"n_arms": 2}}]},
        "points.0",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_subjects(tmp_path: Path, case: str) -> None:
    """A damaged subject is refused, with its file and the place."""
    changes, problem = BAD[case]
    with pytest.raises(InputError, match=problem) as bad:
        read_subject(*written(tmp_path, **changes), Turn(0, 0.0))
    assert str(tmp_path) in str(bad.value)


def test_masked_images_are_refused(tmp_path: Path) -> None:
    """A galaxy that is behind a mask is recorded, not learned."""
    mask = np.arange(NY * NX).reshape(NY, NX) % 3 == 0
    with pytest.raises(DatumError, match="33% of the image is masked"):
        read_subject(*written(tmp_path, mask=mask), Turn(0, 0.0))


@pytest.mark.parametrize("name", ["1.npz", "1.json.gz"])
def test_cut_files_are_refused(tmp_path: Path, name: str) -> None:
    """A file that ends early is refused."""
    paths = written(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=name):
        read_subject(*paths, Turn(0, 0.0))


def test_turns(tmp_path: Path) -> None:
    """Angles tell the quarter turns and north, modulo half a turn."""
    path = tmp_path / "gal-metadata.csv"
    path.write_text(
        "Unnamed: 0,montage_angle,original_angle,PETRO_PHI90\n"
        "1,0.5,0.5,10\n2,2.07,0.5,0\n3,-2.64,0.5,0\n4,-1.07,0.5,0\n"
    )
    turns = read_turns(path)
    assert [turns[i].quarters for i in (1, 2, 3, 4)] == [0, 1, 2, 1]
    assert turns[1].north == pytest.approx(-0.5 - np.radians(10))


@pytest.mark.parametrize("cell", ["", "west", "1e9"])
def test_bad_turns(tmp_path: Path, cell: str) -> None:
    """An angle that is none is refused with its row."""
    path = tmp_path / "gal-metadata.csv"
    path.write_text(
        f"subject_id,montage_angle,original_angle,PETRO_PHI90\n1,0,{cell},3\n"
    )
    with pytest.raises(InputError, match="row 2, column 'original_angle'"):
        read_turns(path)


def _without_rings(values: np.ndarray) -> np.ndarray:
    """Return an image less its mean at each radius."""
    middle = (np.array(values.shape) - 1) / 2
    rows, columns = np.indices(values.shape)
    ring = np.hypot(rows - middle[0], columns - middle[1]).astype(int)
    total = np.bincount(ring.ravel(), values.ravel())
    return values - (total / np.bincount(ring.ravel()))[ring]


@pytest.mark.real
def test_real_subjects(real: Path) -> None:
    """All published images convert but one, whose galaxy is masked."""
    folder = real / "builder" / "galaxies"
    turns = read_turns(folder / "gal-metadata.csv")
    paths = sorted((folder / "images").glob("*.npz"))
    assert len(paths) == 129
    refused = []
    for path in paths:
        models = folder / "models" / f"{path.stem}.json.gz"
        try:
            subject = read_subject(models, path, turns[int(path.stem)])
        except DatumError:
            refused.append(path.stem)
            continue
        assert subject.marks.asked("spiral") == subject.marks.asked("bar") == 30
    assert refused == ["20901991"]


@pytest.mark.real
def test_real_marks_lie_on_arms(real: Path) -> None:
    """Arms are marked where the light is; turned or mirrored marks agree less."""
    folder = real / "builder" / "galaxies"
    turns, best = read_turns(folder / "gal-metadata.csv"), []
    for path in sorted((folder / "images").glob("*.npz"))[2::3]:
        models = folder / "models" / f"{path.stem}.json.gz"
        subject = read_subject(models, path, turns[int(path.stem)])
        stamp = subject.marks.frame.stamp.resized(64)
        counts, _ = segmap(subject.marks, "spiral", stamp)
        if counts.max() < 12:
            continue
        flux = np.nan_to_num(onto(subject.cutout, stamp).flux[0])
        light = _without_rings(np.arcsinh(flux / 0.03))[8:-8, 8:-8]
        marks = _without_rings(counts)[8:-8, 8:-8]
        ways = [np.rot90(m, k) for m in (marks, marks[:, ::-1]) for k in range(4)]
        best.append(int(np.argmax([(light * way).sum() for way in ways])))
    assert len(best) > 20
    # Half a turn of two arms is nearly the same.
    assert np.isin(best, [0, 2]).mean() > 0.9
    assert (np.array(best) == 0).mean() > 0.8
