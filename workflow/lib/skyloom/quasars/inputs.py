"""Which spectra, labels and networks a run has, and the files that hold them.

All of it follows from the configuration while the rules are read. Nothing heavy is
imported; folders are listed, no file of data is opened.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from os.path import relpath
from pathlib import Path

from skyloom.io.atomic import write_text
from skyloom.io.folders import data_files
from skyloom.io.record import checksum, digest_of
from skyloom.io.rows import is_text
from skyloom.run.config import ConfigError, data_path
from skyloom.run.places import ROOT

RAW = "<results>/raw"
LISTED = Path(".snakemake")  # folder of listings, for the jobs of a run
# All FITS files, whatever their names, but for what pipelines put beside spectra.
BESIDE = "redrock rrdetails zbest zmtl ztile mtl spectra cframe sframe frame sky "
BESIDE += r"emline qso_\w+ tile-qa exposure-qa stdstars fluxcalib "
BESIDE += r"photo(Plate|Pos\w*|Match\w*|Obj\w*) "
BESIDE += r"sp[CS]?Frame spZ\w+ spAll\w* spFlux\w+ spFlat spArc spSky"
SPECTRUM = re.compile(rf"(?i)(?!({'|'.join(BESIDE.split())})-).+\.fits?(\.gz)?")
MEMBER = re.compile(r"net_\d+\.(keras|h5)")
CALIBRATION = "calibration.json"
INSPECTORS = ("AB", "CD", "EF")
FIRST_EXPID = 80_001  # of a simulated survey
SUPPLEMENT_MOST = 16_000  # targets taken from the supplement at most, as published

log = logging.getLogger(__name__)


def exposures(config: Mapping, *, fresh: bool = True) -> dict[str, list[str]]:
    """Return the raw files of each exposure of the survey, ``<tile>/<expid>``.

    Both are numbers without zeros before them, whatever the folders' names
    (``1/00083716``). For `fresh` see `spectra`; then the log says of spectra that lie
    elsewhere.

    Raises
    ------
    ConfigError
        There is no coadd in the folder, or two folders are one exposure.
    """
    if config["rounds"] == 0:
        return {}
    if config["source"] == "simulated":
        return _planned(config["simulate"]["survey"])
    folder = Path(data_path(config["paths"]["survey"]))
    found, elsewhere = {}, []
    for path in _listed(folder, fresh=fresh):
        places = Path(path).relative_to(folder).parts[:-1]
        if len(places) == 2 and all(map(str.isdecimal, places)):
            tile, exposure = map(int, places)
            found.setdefault(f"{tile}/{exposure}", []).append(path)
        else:
            elsewhere.append(path)
    if elsewhere and fresh:
        msg = "%s: %d files of spectra are in no folder <tile>/<expid>, such as %s"
        log.warning(msg, folder, len(elsewhere), elsewhere[0])
    for name, paths in found.items():
        places = sorted({str(Path(path).parent) for path in paths})
        if len(places) > 1:
            both = " and ".join(places)
            msg = f"quasars.paths.survey: {both} are both exposure {name}; remove one"
            raise ConfigError(msg)
    if not found:
        msg = (
            f"quasars.paths.survey: no <tile>/<expid>/*.fits in {folder}; set "
            "SKYLOOM_DATA to the folder that holds it, or correct the path"
        )
        raise ConfigError(msg)
    return found


def mapped(config: Mapping, names: Iterable[str]) -> list[str]:
    """Return the exposures that the map of spectra is trained on, sorted.

    The share ``som.share`` of all, each by a lot of its own, or one if that is none:
    a new exposure seldom makes a new map, after which all would be classified again.
    """
    lots = {name: int(digest_of(name)[:8], 16) / 16**8 for name in sorted(names)}
    chosen = [name for name, lot in lots.items() if lot < config["som"]["share"]]
    return chosen or sorted(lots, key=lots.get)[:1]


def sample(config: Mapping, *, fresh: bool = True) -> dict[str, list]:
    """Return the training sample's sources: its own, and the supplement.

    Returns
    -------
    dict
        ``spectra`` (a list of files each), ``truths`` (a file each), and ``counts``:
        [number of files, targets to take at most or None] each. Empty lists with no
        rounds.

    Raises
    ------
    ConfigError
        A source without spectra.
    """
    if config["rounds"] == 0:
        return {"spectra": [], "truths": [], "counts": []}
    paths = config["paths"]
    given = [("training", None), ("supplement", SUPPLEMENT_MOST)]
    used = [(key, limit) for key, limit in given if paths[key] is not None]
    truths = [data_path(paths[f"{key}_truth"]) for key, _ in used]
    files = [spectra(paths[key], truths, fresh=fresh) for key, _ in used]
    counts = [[len(some), limit] for some, (_, limit) in zip(files, used, strict=True)]
    return {"spectra": files, "truths": truths, "counts": counts}


def spectra(place: str, truths: Iterable[str] = (), *, fresh: bool = True) -> list[str]:
    """Return the files of spectra of a place among the data: itself, or inside it.

    In a folder that is every FITS file but the known companions of spectra, as
    ``redrock-*``, and `truths`, the paths of tables that may stand there too. Which of
    them are spectra is seen when they are read.

    `fresh` is False in a job of a run: it reads the listing that the run has left, as
    a folder may have many thousands of files.

    Raises
    ------
    ConfigError
        There is none.
    """
    folder = Path(data_path(place))
    if folder.is_file():
        return [str(folder)]
    known = set(truths)
    found = [path for path in _listed(folder, fresh=fresh) if path not in known]
    if not found:
        msg = (
            f"no spectra (*.fits or *.fits.gz, but for what pipelines put beside them, "
            f"as redrock-* or spectra-*) in {folder}; set SKYLOOM_DATA to the folder "
            "that holds them, or correct the path"
        )
        raise ConfigError(msg)
    return found


def learned_from(number: int | str) -> dict:
    """Return the stores and the labels that a round is trained on, by kind."""
    later = [f"<results>/spectra/labelled{number}.h5"] if int(number) > 1 else []
    return {
        "stores": ["<results>/spectra/training.h5", *later],
        "labels": f"<results>/labels/round{number}.csv",
    }


def members(
    config: Mapping, number: int | str, suffix: str, some: Iterable[int] | None = None
) -> list[str]:
    """Return files of members of a round, of all of them if none are named."""
    named = range(config["ensemble"]["members"]) if some is None else some
    return [f"<results>/ensemble/round{number}/net_{i}.{suffix}" for i in named]


def answers(config: Mapping, number: int) -> list[str]:
    """Return the inspectors' files about the query of a round.

    Raises
    ------
    ConfigError
        There is none yet: with what to do.
    """
    if config["source"] == "simulated":
        return [f"<results>/answers/round{number}/vi_{who}.csv" for who in INSPECTORS]
    folder = _of_round(config, "answers", number)
    listed = data_files(folder, is_text, deep=False) if folder else []
    found = [str(path) for path in listed]
    if not found:
        msg = (
            f"quasars.rounds is {config['rounds']}, but there are no answers about the "
            f"query of round {number}: put the inspectors' CSV files into "
            f"{folder or 'the folder that quasars.paths.answers names'}, or set "
            f"rounds to {number}"
        )
        raise ConfigError(msg)
    return found


def decisions(config: Mapping, number: int) -> list[str]:
    """Return the file that settles a round's conflicts: one, or none."""
    path = _of_round(config, "decisions", number)
    return [path] if path is not None and Path(path).is_file() else []


def survey_truth(config: Mapping, *, needed: bool = False) -> list[str]:
    """Return the truth of the survey's targets, to judge rounds by: one, or none.

    ConfigError if it is `needed` and there is none.
    """
    path = config["paths"]["survey_truth"]
    found = [] if path is None else [data_path(path)]
    if config["source"] == "simulated":
        found = [f"{RAW}/truth.csv"]
    if needed and not found:
        msg = (
            "a round is judged by the truth of the survey's targets; set "
            "quasars.paths.survey_truth"
        )
        raise ConfigError(msg)
    return found if needed or config["rounds"] else []


def templates(objects: Mapping) -> list[str]:
    """Return redrock's templates that a section ``objects`` of a simulation reads."""
    if "eigen" not in objects["families"]:
        return []
    folder = Path(data_path(objects["templates"]))
    return [str(template(folder, name)) for name in ("LOZ", "HIZ")]


def template(folder: Path, name: str) -> Path:
    """Return the template ``LOZ`` or ``HIZ`` of a folder, packed if only that is."""
    plain = folder / f"rrtemplate-QSO-{name}-v1.1.fits"
    packed = plain.with_name(plain.name + ".gz")
    return packed if packed.is_file() and not plain.is_file() else plain


def ensemble(config: Mapping) -> dict[str, list[str]]:
    """Return the networks and the calibration that classify given spectra.

    Those of ``evaluate.ensemble``: a folder, of the repository or among the data; or,
    if null, the last round's own.

    Raises
    ------
    ConfigError
        No such ensemble.
    """
    folder, rounds = config["evaluate"]["ensemble"], config["rounds"]
    if folder is None and rounds == 0:
        msg = "quasars.evaluate.ensemble is null, and with 0 rounds none is trained"
        raise ConfigError(msg)
    if folder is None:
        made = [f"<results>/ensemble/round{rounds}/{CALIBRATION}"]
        return {"networks": members(config, rounds, "keras"), "calibration": made}
    # Relative, as a moved checkout is no reason to classify again.
    places = (Path(relpath(ROOT / folder)), Path(data_path(folder)))
    place = next((p for p in places if p.is_dir()), None)
    networks = [] if place is None else _members(place)
    if place is None or not networks or not (place / CALIBRATION).is_file():
        msg = (
            f"quasars.evaluate.ensemble: {folder!r} is no folder with net_<i>.keras "
            f"and {CALIBRATION}, neither in the repository nor in {data_path('')}"
        )
        raise ConfigError(msg)
    return {"networks": networks, "calibration": [str(place / CALIBRATION)]}


def simulation_tables() -> str:
    """Return the checksum of the simulator's tables, for the rules that read them.

    As an input they would be another file in every checkout, and rerun their rules.
    """
    return checksum(ROOT / "resources" / "quasars" / "simulation.json")


def _listed(folder: Path, *, fresh: bool) -> list[str]:
    """Return the files of spectra in a folder, sorted, and leave them for the jobs."""
    listing = LISTED / f"quasars-{digest_of([str(folder), SPECTRUM.pattern])[:16]}.json"
    if not fresh and listing.is_file():
        return json.loads(listing.read_text())
    found = [str(path) for path in data_files(folder, SPECTRUM.fullmatch)]
    write_text(listing, json.dumps(found))
    return found


def _members(folder: Path) -> list[str]:
    # A member in both formats is one: .keras comes after .h5, and stays.
    found = data_files(folder, MEMBER.fullmatch, deep=False)
    named = {int(p.stem.removeprefix("net_")): str(p) for p in found}
    return [named[number] for number in sorted(named)]


def _planned(plan: Mapping) -> dict[str, list[str]]:
    planned = {}
    for k in range(plan["tiles"]):
        for e in range(plan["exposures"]):
            tile = plan["first_tile"] + k
            exposure = FIRST_EXPID + k * plan["exposures"] + e
            name = f"{RAW}/{tile}/{exposure}/coadd-{tile}-{exposure}.fits"
            planned[f"{tile}/{exposure}"] = [name]
    return planned


def _of_round(config: Mapping, key: str, number: int) -> str | None:
    pattern = config["paths"][key]
    return pattern and data_path(pattern.replace("{round}", str(number)))
