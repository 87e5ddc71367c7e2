"""Files of surveys as large as the seeds': empty ones and lists, for plans alone.

`python survey_files.py LAYER FOLDER [SIZE]` writes those of one layer into a folder,
which is then SKYLOOM_DATA.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

EXPOSURES = 10  # of a simulated tile of DESI
PETALS = 10  # files of an exposure, of 400 targets each
BANDS = "griz"


def write(path: Path, text: str = "") -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def builder(data: Path, subjects: int) -> None:
    """Write the exports of a project, empty, and an image of each subject."""
    for name in ("classifications", "subjects", "gal-metadata"):
        write(data / "builder" / "survey" / f"{name}.csv")
    ids = range(20_902_000, 20_902_000 + subjects)
    rows = "".join(f"{subject}\n" for subject in ids)
    write(data / "builder" / "survey" / "sample.csv", f"subject_id\n{rows}")
    for subject in ids:
        folder = data / "downloads" / "builder" / "subject_data" / str(subject)
        write(folder / "difference.json")


def quasars(data: Path, exposures: int) -> None:
    """Write exposures of ten coadds each, and what the networks are trained on."""
    folder = data / "quasars" / "survey"
    for name in ("training/coadd-0-3-4.fits", "vi.csv", "dr12_train.fits"):
        write(folder / name)
    write(folder / "truth_dr12q.fits")
    for k in range(exposures):
        tile, exposure = 1000 + k // EXPOSURES, 80_000 + k
        for petal in range(PETALS):
            name = f"coadd-{petal}-{tile}-{exposure:08d}.fits"
            write(folder / "tiles" / f"{tile}" / f"{exposure:08d}" / name)


def spectra(data: Path, galaxies: int) -> None:
    """Write a list of galaxies of MaNGA, whose cubes are to be fetched."""
    rows = "".join(f"{7000 + k // 17}-{1901 + k % 17}\n" for k in range(galaxies))
    write(data / "spectra" / "survey" / "plateifus.csv", f"plateifu\n{rows}")


def spirals(data: Path, galaxies: int) -> None:
    """Write a list of sums of GZ3D's files, which are to be fetched, and tables."""
    folder, numbers = data / "spirals" / "survey", range(300_000, 300_000 + galaxies)
    sums = (f"{i:064x}  gz3d_1-{i}_91_{14_000_000 + i}.fits.gz\n" for i in numbers)
    write(folder / "gz3d.sha256", "".join(sums))
    write(folder / "master_all_file_index_passes_file_checks.parquet")
    write(folder / "gz_desi_votes.parquet")
    write(folder / "sami.csv")


def clusters(data: Path, tiles: int) -> None:
    """Write the images of tiles of DES in its four bands, and a list of clusters."""
    write(data / "clusters" / "survey" / "redmapper.fits")
    for k in range(tiles):
        tile = f"DES{k // 100:04d}{'+-'[k % 2]}{k % 100:04d}"
        for band in BANDS:
            name = f"{tile}_r4907p01_{band}_nobkg.fits.fz"
            write(data / "downloads" / "clusters" / "tiles" / tile / name)


@dataclass(frozen=True)
class Survey:
    """A layer of the configuration, and how large its survey is.

    Attributes
    ----------
    layer : str
        The configuration, of `config/`.
    files : callable
        Writes the files of a survey of so many objects into a folder.
    whole, part : int
        Objects of the seeds' survey, and of one that `make test` plans in short.
    seconds, memory, part_seconds : float
        What a plan of either takes [s of CPU, MB], as measured on 2 cores.
    settings : tuple of str
        Further arguments of Snakemake.
    """

    layer: str
    files: object
    whole: int
    part: int
    seconds: float
    memory: float
    part_seconds: float
    settings: tuple[str, ...] = ()


FEW_FIELDS = ("--config", "clusters={simulate: {fields: {number: 1000}}}")
SURVEYS = {
    "spectra": Survey("survey_spectra", spectra, 4600, 460, 10, 400, 4),
    "quasars": Survey("survey_quasars", quasars, 900, 150, 6, 300, 4),
    "builder": Survey("survey", builder, 300, 150, 6, 300, 5),
    "spirals": Survey("survey_spirals", spirals, 29_813, 1500, 50, 1100, 5),
    "clusters": Survey("survey_clusters", clusters, 10_169, 240, 45, 1100, 9),
    "clusters_1000": Survey(
        "survey_clusters", clusters, 10_169, 240, 30, 900, 4, FEW_FIELDS
    ),
}
LARGE = Survey("survey", builder, 20_000, 1000, 150, 2800, 10)

if __name__ == "__main__":
    name, place, *size = sys.argv[1:]
    survey = SURVEYS[name]
    survey.files(Path(place), int(size[0]) if size else survey.whole)
