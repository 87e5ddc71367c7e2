"""Fit one subject: its starting model and its cutout in, fit and residuals out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.cutout import read_cutout
from skyloom.builder.model import from_dict
from skyloom.builder.tune import TuneSettings, failed, residual_images, tune
from skyloom.io.documents import read_json, write_json
from skyloom.io.fits import write_images
from skyloom.run.provenance import record


def tune_subject(
    subject: int,
    paths: Mapping[str, Path],
    *,
    starts: Mapping[int, str],
    cutouts: Mapping[int, str],
    settings: Mapping,
    code: str,
) -> dict:
    """Fit a subject from one start and write both its files.

    Parameters
    ----------
    subject : int
        Its id.
    paths : mapping
        Where to write ``tuned`` and ``residuals``.
    starts, cutouts : mapping of int to path
        Files of the starting models and of the cutouts.
    settings : mapping
        The config section ``tune``, and ``start``: "agg" or "bi".
    code : str
        Code digest of the rule.

    Returns
    -------
    dict
        ``status`` and ``reason``.

    Raises
    ------
    ValueError
        If a file cannot be read, or records an earlier failure: its reason.
    """
    tree = read_json(starts[subject])
    cutout = read_cutout(cutouts[subject])
    options = TuneSettings(**settings["tune"])
    fit = tune(starting_model(tree), tree.get("errors"), cutout, options)
    fit |= {"sigma_source": cutout.sigma_source, "multiplier": cutout.multiplier}
    images = images_of(fit, cutout)
    used = [starts[subject], cutouts[subject]]
    return _write(subject, paths, fit, images, record(settings, code, used), settings)


def failed_tune(
    subject: int,
    reason: str,
    paths: Mapping[str, Path],
    *,
    settings: Mapping,
    code: str,
) -> dict:
    """Write the record of a subject that cannot be fitted, and why."""
    fit = failed(settings["tune"]["method"], reason)
    fit |= {"sigma_source": None, "multiplier": None}
    return _write(subject, paths, fit, {}, record(settings, code), settings)


def starting_model(tree: Mapping):
    """Return the model of an aggregate's or a best individual's tree.

    Raises
    ------
    ValueError
        If the tree records a failure.
    """
    if tree["status"] != "ok":
        msg = f"no starting model: {tree['reason']}"
        raise ValueError(msg)
    return from_dict(tree["model"])


def images_of(fit: Mapping, cutout) -> dict:
    """Return the HDUs of a residual file; none for a failed fit."""
    if fit["model"] is None:
        return {}
    planes = residual_images(from_dict(fit["model"]), cutout)
    return {name: (plane, cutout.wcs) for name, plane in planes.items()}


def _write(subject, paths, fit, images, provenance, settings) -> dict:
    start = settings["start"]
    cards = {"OBJECT": str(subject), "START": start, "STATUS": fit["status"]}
    write_images(paths["residuals"], images, cards | _reason_card(fit["reason"]))
    fit |= {"subject_id": subject, "start": start, "provenance": provenance}
    fit |= {"residual": f"residuals/{start}/{subject}.fits"}
    write_json(paths["tuned"], fit)
    return {"status": fit["status"], "reason": fit["reason"]}


def _reason_card(reason: str | None) -> dict:
    # A FITS card has room for some 60 characters, and for ASCII only.
    text = (reason or "").encode("ascii", "replace").decode()[:60]
    return {"REASON": text} if text else {}
