"""The page of quasars whole: of a run's last round, and of given spectra."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.atlas.sprites import Sprite, sprite
from skyloom.io.documents import read_json
from skyloom.io.tables import read_own_csv
from skyloom.quasars.spectra import shown
from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.survey.ensembles import read_ensemble
from skyloom.quasars.survey.target_classes import row_thresholds
from skyloom.quasars.tasks import atlas
from skyloom.quasars.tasks.evaluation import unseen_rows

NOTHING = (
    "This run of quasars has no round and classifies no spectra: set quasars.rounds, "
    "or quasars.evaluate.spectra for spectra of your own."
)
UNREACHED = (
    "A purity of {target:g} is not shown by the targets of known class: the threshold "
    "is that of the highest lower bound, {purity_low:.3f}; {needed} targets called "
    "without a mistake would show it."
)


def contents(files: Mapping, settings: Mapping) -> tuple[dict, Sprite, list[str]]:
    """Return what the page shows, its pictures, and what is doubtful of all of it.

    Parameters
    ----------
    files : mapping
        With a round: ``results``, ``query``, ``calibration``, ``networks`` (the
        first), ``stores``, ``rejected`` and, to judge it, ``labels``, ``truth`` and
        ``report``. With given spectra: ``given``, ``catalogues`` (a noise each),
        ``given_calibration``, ``given_networks``, ``given_rejected`` and, to judge
        them, ``given_truth`` and ``given_reports``.
    settings : mapping
        ``source``, ``rounds``, ``seed``, ``thresholds``, ``evaluate.noise``,
        ``query.reserve`` and ``survey.n_detect`` of the configuration.
    """
    page = atlas.Page()
    data: dict = atlas.words() | {"rates": [], "given": []}
    notes: list[str] = []
    if files.get("results"):
        data |= _round(page, files, settings)
        notes += atlas.left_out(files["rejected"])
        notes += unreached(files["calibration"])
        if files.get("truth"):
            data["rates"].append(_round_rates(files, settings))
    if files.get("given"):
        notes += atlas.left_out(files["given_rejected"][:1])
        given = _given(page, files, settings)
        data["given"] = [view for view, _ in given]
        data["rates"] += [rates for _, rates in given if rates]
    empty = not files.get("results") and not files.get("given")
    return data, sprite(page.pictures, shown.SIDE), [NOTHING] if empty else notes


def _round(page: atlas.Page, files: Mapping, settings: Mapping) -> dict:
    ensemble = read_ensemble(files["networks"], files["calibration"])
    query = atlas.asked(files["query"], files["results"])
    some, counts = atlas.sampled(files["results"], settings["seed"])
    views = {}
    for name, rows in (("query", query), ("catalogue", some)):
        spectra = atlas.survey_spectra(rows, files["stores"])
        limit = row_thresholds(rows, ensemble.threshold, settings["thresholds"])
        n_detect = settings["survey"]["n_detect"]
        views[name] = page.view(rows, *spectra, limit, n_detect)
    views["query"]["key"] = atlas.asked_before(views["query"]["objects"])
    views["query"]["total"] = len(read_own_csv(files["query"], usecols=["RANK"]))
    views["catalogue"]["counts"] = counts
    return views | {"round": settings["rounds"], "source": settings["source"]}


def _round_rates(files: Mapping, settings: Mapping) -> dict:
    ensemble = read_ensemble(files["networks"], files["calibration"])
    given = files["results"], files["labels"]
    rows = unseen_rows(*given, settings["query"]["reserve"], settings["seed"])
    label = f"round {settings['rounds']}, targets kept for judging"
    n_detect = settings["survey"]["n_detect"]
    truth, report = files["truth"], files["report"]
    return _rates(label, rows, truth, report, ensemble, settings, n_detect)


def _given(page: atlas.Page, files: Mapping, settings: Mapping) -> list[tuple]:
    ensemble = read_ensemble(files["given_networks"], files["given_calibration"])
    n_detect, grid = ensemble.survey["n_detect"], ensemble.members[0].arch.grid
    noises, found = settings["evaluate"]["noise"], []
    reports = files.get("given_reports") or [None] * len(noises)
    for noise, path, report in zip(noises, files["catalogues"], reports, strict=True):
        every = read_own_csv(path)
        rows = every[: atlas.MOST // len(noises)]
        how = float(noise), settings["seed"]
        spectra = atlas.given_spectra(files["given"], rows, grid, *how)
        limit = row_thresholds(rows, ensemble.threshold, settings["thresholds"])
        view = page.view(rows, *spectra, limit, n_detect)
        name = "as they are" if noise == 1 else f"{noise} times the noise"
        view |= {"noise": noise, "label": name, "file": path, "total": len(every)}
        rates = report and _rates(
            f"given spectra, {name}",
            *(every, files["given_truth"], report, ensemble, settings, n_detect),
        )
        found.append((view, rates))
    return found


def _rates(label, rows, truth, report, ensemble, settings, n_detect) -> dict:
    by_class = settings["thresholds"]
    own = ensemble.threshold
    tree = atlas.rates(rows, read_truth(truth), own, by_class, n_detect)
    errors = read_json(report)["calibration"]
    return tree | {"label": label, "file": str(Path(report)), "errors": errors}


def unreached(calibration: str | Path) -> list[str]:
    """Return a sentence if the purity asked for is not shown by the calibration."""
    threshold = read_json(calibration)["threshold"]
    return [] if threshold["reached"] else [UNREACHED.format(**threshold)]
