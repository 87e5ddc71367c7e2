"""Which galaxies a run has, and which given files they are made of.

All of it follows from the configuration while the rules are read; no file is opened
but the list of GZ3D's files, where these are fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path

from skyloom.io.folders import data_files
from skyloom.io.sums import read_sums
from skyloom.run.chunks import assign
from skyloom.run.config import ConfigError, data_path
from skyloom.run.places import ROOT
from skyloom.spirals.simulation.plan import planned

RAW = "<results>/raw"
MASTER = "<results>/gz3d_and_gz_desi_master_catalog.parquet"
GALAXIES = "<results>/galaxies.parquet"
TRAINED = "<results>/training/joint/all/0/model.pt"
GZ3D = re.compile(r"((?:gz3d_)?[\d-]+_\d+_\d+)\.fits(\.gz)?")
MODEL, IMAGE = re.compile(r"\d+\.json(\.gz)?"), re.compile(r"\d+\.npz")
PICTURES = (".jpg", ".jpeg", ".png", ".fits", ".fits.gz")
LISTED = "names such as gz3d_1-304336_127_14724446.fits.gz"
EXPECTED = {
    "gz3d": f"{LISTED} in spirals.paths.gz3d",
    "galaxy_builder": "models/<number>.json.gz and images/<number>.npz, both of one "
    "number, in spirals.paths.drawings",
    "pictures": f"files that end in {', '.join(PICTURES)} in spirals.paths.pictures",
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Galaxy:
    """Where a galaxy comes from.

    Attributes
    ----------
    source : str
        Of those of the configuration.
    picture : str
        The file that its picture is made of.
    drawing : str or None
        The file with the drawings of its volunteers.
    """

    source: str
    picture: str
    drawing: str | None = None


class Inputs:
    """The galaxies of a run, their chunks and their files.

    Parameters
    ----------
    config : mapping
        The area's validated configuration.

    Attributes
    ----------
    galaxies : dict of str to Galaxy
        By name.
    chunks : dict of str to list of str
        Their names.
    model : str
        The model that looks at them: a given one, or the run's own.
    trains : bool
        Whether the run trains.

    Raises
    ------
    ConfigError
        A source without galaxies, two galaxies of one name, or no such model.
    """

    def __init__(self, config: Mapping):
        self.config, self.paths = config, config["paths"]
        self.galaxies: dict[str, Galaxy] = {}
        for source in config["sources"]:
            found = getattr(self, f"_{source}")()
            both = found.keys() & self.galaxies.keys()
            if not found:
                wanted = f"expected {EXPECTED[source]}"
                msg = f"spirals.sources: no galaxy in source {source}; {wanted}"
                raise ConfigError(msg)
            if both:
                pair = f"{self.galaxies[min(both)].source} and {source}"
                msg = f"spirals.sources: {pair} both have a galaxy called {min(both)!r}"
                raise ConfigError(msg + "; rename its files")
            self.galaxies |= found
        self.chunks = assign(self.galaxies, config["chunks"])
        self.trains = config["model"] is None
        self.model = TRAINED if self.trains else _model(config["model"])

    def of(self, *sources: str, names: Iterable[str] | None = None) -> list[str]:
        """Return the names of the galaxies of some sources, of `names` or of all."""
        names = self.galaxies if names is None else names
        return [name for name in names if self.galaxies[name].source in sources]

    def pictures(self, names: Iterable[str]) -> list[str]:
        """Return the files that the pictures of galaxies are made of."""
        return [self.galaxies[name].picture for name in names]

    def drawn(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """Return the files with drawings of those galaxies that have one, by name."""
        names = self.galaxies if names is None else names
        found = {name: self.galaxies[name].drawing for name in names}
        return {name: path for name, path in found.items() if path}

    def fetched(self, kind: str) -> list[list[str]]:
        """Return the files of a kind, ``picture`` or ``drawing``, that are fetched."""
        files = [getattr(galaxy, kind) for galaxy in self.galaxies.values()]
        return [[path] for path in files if path and path.startswith("<downloads>")]

    def subjects(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return the files of Galaxy Builder's subjects among galaxies, by kind."""
        own = [self.galaxies[name] for name in self.of("galaxy_builder", names=names)]
        turns = [f"{folder}/gal-metadata.csv" for folder in self.given("drawings")]
        return {
            "models": [galaxy.drawing for galaxy in own],
            "images": [galaxy.picture for galaxy in own],
            "turns": turns if own else [],
        }

    def gz3d(self) -> list[str]:
        """Return GZ3D's files, of simulated galaxies or of real ones."""
        return list(self.drawn(self.of("simulated", "gz3d")).values())

    def master(self) -> list[str]:
        """Return the crossmatched catalogue, where a source needs it."""
        return [MASTER] if self.of("simulated", "gz3d") else []

    def catalogues(self) -> dict[str, list[str]]:
        """Return what GZ3D's galaxies are matched with: catalogue, votes, targets."""
        if "simulated" in self.config["sources"]:
            return {"base": [f"{RAW}/gz_desi.parquet"], "sami": [f"{RAW}/sami.csv"]}
        return {
            "base": [data_path(self.paths["catalogue"])],
            "votes": [data_path(path) for path in self.paths["votes"]],
            "sami": [data_path(p) for p in [self.paths["sami"]] if p],
        }

    def given(self, key: str) -> list[str]:
        """Return the file or files among the data that a key of `paths` names."""
        value = self.paths[key]
        values = [value] if isinstance(value, str) else value or []
        return [data_path(path) for path in values]

    def _simulated(self) -> dict[str, Galaxy]:
        plan = planned(self.config["simulate"], self.config["seed"])
        return {
            name: Galaxy(
                "simulated",
                f"{RAW}/cutouts/{name}.fits",
                f"{RAW}/gz3d/{name}.fits.gz" if marked else None,
            )
            for name, marked in plan.items()
        }

    def _gz3d(self) -> dict[str, Galaxy]:
        files = self._listed() if self.paths["gz3d"] is None else self._there()
        return {n: Galaxy("gz3d", self._cutout(n), path) for n, path in files.items()}

    def _there(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in data_files(data_path(self.paths["gz3d"]), GZ3D.fullmatch):
            name = GZ3D.fullmatch(path.name)[1]
            if found.setdefault(name, str(path)) != str(path):
                both = f"{found[name]} and {path}"
                msg = f"spirals.paths.gz3d: {both} are one galaxy; remove one of them"
                raise ConfigError(msg)
        return found

    def _listed(self) -> dict[str, str]:
        sums = data_path(self.paths["gz3d_sums"])
        matches = {name: GZ3D.fullmatch(name) for name in read_sums(sums)}
        odd = [name for name, found in matches.items() if not (found and found[2])]
        if odd:
            msg = f"spirals.paths.gz3d_sums: {sums} has {odd[0]!r}; expected {LISTED}"
            raise ConfigError(msg)
        return {m[1]: f"<downloads>/gz3d/{m[1]}.fits.gz" for m in matches.values()}

    def _cutout(self, name: str) -> str:
        folder = self.paths["cutouts"]
        own = Path(data_path(folder)) / f"{name}.fits" if folder else None
        fetched = f"<downloads>/cutouts/{name}.fits"
        return str(own) if own and own.is_file() else fetched

    def _galaxy_builder(self) -> dict[str, Galaxy]:
        folder = Path(data_path(self.paths["drawings"]))
        models = _numbered(folder / "models", MODEL)
        images = _numbered(folder / "images", IMAGE)
        both = sorted(models.keys() & images.keys())
        return {k: Galaxy("galaxy_builder", images[k], models[k]) for k in both}

    def _pictures(self) -> dict[str, Galaxy]:
        found: dict[str, Galaxy] = {}
        for path in self._files():
            ending = next(e for e in PICTURES[::-1] if path.name.lower().endswith(e))
            name = path.name[: -len(ending)]
            if not NAME.fullmatch(name) or name in found:
                twice = f"that of {found[name].picture}" if name in found else "odd"
                msg = (
                    f"spirals.paths.pictures: {path}: the name {name!r} is {twice}; "
                    "expected letters, digits and _ . + -, each name once; rename it"
                )
                raise ConfigError(msg)
            found[name] = Galaxy("pictures", str(path))
        return found

    def _files(self) -> Iterable[Path]:
        for place in map(Path, self.given("pictures")):
            if place.is_dir():
                yield from data_files(place, _is_picture)
            elif _is_picture(place.name):
                yield place
            else:
                msg = f"spirals.paths.pictures: {place} is none; expected "
                raise ConfigError(msg + EXPECTED["pictures"])


def _is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURES)


def _numbered(folder: Path, named: re.Pattern) -> dict[str, str]:
    """Return the files of a folder by the number that each is named by."""
    found = data_files(folder, named.fullmatch, deep=False)
    return {path.name.partition(".")[0]: str(path) for path in found}


def request(config: Mapping) -> dict[str, int]:
    """Return the ``cores`` and the ``gpus`` that a training asks a cluster for."""
    how = config["train"]
    cores = how["devices"] * max(how["threads"], how["workers"])
    return {"cores": cores, "gpus": how["devices"] * (how["accelerator"] == "gpu")}


def _model(given: str) -> str:
    # Relative, as a moved checkout is no reason to look again.
    places = (Path(relpath(ROOT / given)), Path(data_path(given)))
    place = next((path for path in places if path.is_file()), None)
    if place is None:
        msg = (
            f"spirals.model: there is no file {given!r}, neither in the repository nor "
            f"in {data_path('')}; correct the path, or set null and one is trained"
        )
        raise ConfigError(msg)
    return str(place)
