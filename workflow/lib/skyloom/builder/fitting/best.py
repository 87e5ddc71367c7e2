"""The best individual: the volunteer whose model, as drawn, fits the image best."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skyloom.builder.fitting.render import Convolver, render
from skyloom.builder.model import Model, from_dict, replace, to_dict
from skyloom.io.errors import DatumError

# A ranking needs no more: one per cent of a pixel is far below a volunteer's error.
RTOL = 1e-2


def best_individual(volunteers: Mapping, cutout) -> dict:
    """Choose the volunteer with the lowest reduced chi², all sliders included.

    Parameters
    ----------
    volunteers : mapping
        As in ``volunteers/<id>.json``.
    cutout : Cutout
        Image, sigma, mask and PSF.

    Returns
    -------
    dict
        A row of ``best_individual.parquet``, plain JSON: subject_id,
        classification_id, chisq (per good pixel, as published), n_volunteers (with a
        drawn component), model (its Re includes the scale slider), status, reason.
        Of equal fits the earliest wins.

    Raises
    ------
    DatumError
        If nobody drew a component.

    Source: Lingard et al. 2020, section 3.4 (best individual model).
    """
    frame = Convolver(cutout.psf, cutout.image.shape)
    good = ~cutout.mask
    data, weight = cutout.image[good], 1 / cutout.sigma[good]
    ranked = []
    for one in volunteers["volunteers"]:
        model = scaled(from_dict(one["model"]), one.get("scale") or {})
        if not model.components():
            continue
        image = render(model, cutout.image.shape, frame, rtol=RTOL)
        chisq = float(np.mean(((image[good] - data) * weight) ** 2))
        ranked.append((chisq, one["classification_id"], model))
    if not ranked:
        msg = "nobody drew a component"
        raise DatumError(msg)
    chisq, who, model = min(ranked, key=lambda row: row[0])
    return {
        "subject_id": int(volunteers["subject_id"]),
        "classification_id": who,
        "chisq": chisq,
        "n_volunteers": len(ranked),
        "model": to_dict(model),
        "status": "ok",
        "reason": None,
    }


def scaled(model: Model, scale: Mapping) -> Model:
    """Return a model whose Re are multiplied by the volunteer's scale sliders."""
    parts = model.components().items()
    scaled = {k: replace(part, Re=part.Re * scale.get(k, 1.0)) for k, part in parts}
    return replace(model, **scaled)
