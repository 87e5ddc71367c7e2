"""A simulated survey in the survey's own files, and the truth in a file apart."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.builder.config_simulation import GalaxySettings
from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import arm_image
from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import Model, to_dict
from skyloom.builder.simulation.annotation import annotation
from skyloom.builder.simulation.beyond import half_light, light_beyond
from skyloom.builder.simulation.crowd import draw_drawing, draw_effects, draw_factors
from skyloom.builder.simulation.galaxies import (
    Pixels,
    draw_galaxy,
    draw_image,
    frame,
    perceived,
)
from skyloom.io.documents import write_json
from skyloom.io.tables import write_csv
from skyloom.io.zooniverse import (
    Classification,
    write_classifications,
    write_subjects,
)
from skyloom.run.seeds import rng as generator

PROJECT, WORKFLOW, SUBJECT_SET = 5590, 5366, 20561
VERSIONS = ("61.104", "61.106", "61.107")
DISPLAY = 512
CROWD_SIZE = 600  # volunteers who take part, each with their own skill
_ANONYMOUS = 0.25  # share not logged in
_AGAIN = 0.02  # chance that a volunteer classifies the same subject once more
_BLANK = 0.01  # chance that a browser sends null for an untouched slider
_FIRST_DAY = datetime.datetime(2019, 1, 7, 9, 0, 0, tzinfo=datetime.UTC)
NORTH = -0.5  # rad, direction of north in all simulated frames


@dataclass(frozen=True)
class Survey:
    """Everything about one simulated subject.

    Repeats of a galaxy share its `galaxy_id`, image and truth, which is in image
    units; `seen` is the galaxy as the crowd sees it, `phi_gal` its own pitch angle
    [deg], `place` its ra, dec [deg] and redshift, `beyond` the light by kind [image
    units] that no component describes, `half_light` the disk's radius [px] with it.
    """

    subject_id: int
    galaxy_id: int
    truth: Model
    seen: Model
    phi_gal: float
    pixels: Pixels
    place: dict
    classifications: list[Classification]
    beyond: Mapping[str, float]
    half_light: float


def simulate_subject(
    seed: int,
    subject_id: int,
    settings: GalaxySettings,
    crowd: Mapping,
    galaxy_id: int | None = None,
) -> Survey:
    """Simulate a subject: the same for a seed, whatever else is simulated.

    `crowd` is from `crowd.read_crowd`; `galaxy_id` names the subject whose galaxy this
    one repeats, for other volunteers.
    """
    galaxy_id = subject_id if galaxy_id is None else galaxy_id
    rng = generator(seed, "simulate", galaxy_id)
    model, size, phi_gal = draw_galaxy(rng, settings.size)
    light = _draw_beyond(seed, galaxy_id, settings.beyond, model, size)
    truth, pixels = draw_image(model, size, rng, sum(light.values()) if light else None)
    seen = perceived(truth, size, rng)
    effects = draw_effects(crowd, rng)
    place = {
        "ra": round(float(rng.uniform(120, 240)), 6),
        "dec": round(float(np.degrees(np.arcsin(rng.uniform(0, 0.85)))), 6),
        "redshift": round(float(rng.uniform(0.02, 0.055)), 6),
    }
    drawn = _classify(seed, subject_id, seen, settings, crowd, effects)
    unit = truth.disk.I / model.disk.I
    beyond = {kind: float(image.sum() * unit) for kind, image in light.items()}
    half = half_light(model.disk, light, frame(size)) if light else model.disk.Re
    known = truth, seen.model, phi_gal, pixels, place, drawn
    return Survey(subject_id, galaxy_id, *known, beyond, half)


def _draw_beyond(seed, galaxy_id, chance: float, model: Model, size: int) -> dict:
    """Draw light beyond the model; galaxies without are the same for any chance."""
    rng = generator(seed, "beyond", galaxy_id)
    return light_beyond(model, frame(size), rng) if rng.random() < chance else {}


def _classify(seed, subject_id, seen, settings, crowd, effects) -> list:
    """Let volunteers of the crowd classify a subject, some of them twice."""
    rng = generator(seed, "classify", subject_id)
    members = rng.choice(CROWD_SIZE, settings.n_volunteers, replace=False)
    again = members[rng.random(len(members)) < _AGAIN]
    minutes = np.cumsum(rng.integers(7, 700, len(members) + len(again)))
    screen = Screen((int(seen.size), int(seen.size)))
    found = []
    for i, member in enumerate([*members, *again]):
        factors = draw_factors(crowd, generator(seed, "volunteer", int(member)))
        drawing = draw_drawing(seen, crowd, effects, factors, rng)
        tasks = annotation(drawing, screen, digits=4)
        version = VERSIONS[int(rng.integers(len(VERSIONS)))]
        _blank_some(tasks, rng)
        one = Classification(
            classification_id=10**9 + subject_id * 1000 + i,
            user=user_name(seed, int(member)),
            created_at=_date(int(minutes[i])),
            workflow_id=WORKFLOW,
            workflow_version=version,
            subject_id=subject_id,
            annotations=tasks,
            metadata={"source": "simulated", "user_language": "en"},
        )
        found.append(one)
    return found


def _date(minutes: int = 0) -> str:
    moment = _FIRST_DAY + datetime.timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def user_name(seed: int, member: int) -> str:
    """Return the name of a member of the crowd; some are not logged in."""
    rng = generator(seed, "name", member)
    if rng.random() > _ANONYMOUS:
        return f"volunteer-{member:04d}"
    return f"not-logged-in-{hashlib.sha256(str(member).encode()).hexdigest()[:20]}"


def _blank_some(tasks: list, rng) -> None:
    """Blank some untouched sliders, as real exports have them."""
    for task in tasks:
        for answer in task["value"][1:]:
            blank = rng.random() < _BLANK
            if blank and isinstance(answer["value"], str):
                answer["value"] = None


def subject_file(pixels: Pixels) -> dict:
    """Return the JSON tree of a subject's ``difference.json``."""
    ny, nx = pixels.image.shape
    tree = {"imageData": np.round(pixels.image, 6), "psf": pixels.psf}
    tree |= {"mask": pixels.mask.astype(int)}
    sizes = {"width": nx, "height": ny, "imageWidth": DISPLAY, "imageHeight": DISPLAY}
    sizes |= dict.fromkeys(("psfWidth", "psfHeight"), len(pixels.psf))
    arrays = {name: plane.tolist() for name, plane in tree.items()}
    return arrays | sizes | {"multiplier": pixels.multiplier}


def subject_metadata(survey: Survey) -> dict:
    """Return a subject's metadata as the export has it: mostly text."""
    galaxy, frames = survey.galaxy_id, {0: "DIFFERENCE", 2: "MODEL"}
    tree = {name: f"{value:.6f}" for name, value in survey.place.items()}
    tree |= {"NSA id": str(galaxy), "Run": "3900", "Camcol": str(1 + galaxy % 6)}
    tree |= {"Field": str(1 + galaxy % 400), "Rerun": "301"}
    tree["Common name"] = f"simulated {galaxy}"
    tree["Sersic axis ratio"] = f"{survey.truth.disk.q:.6f}"
    # The survey's own name for it; the unit is arcsec.
    tree["Petrosian radius (degrees)"] = f"{_petrosian(survey):.6f}"
    models = [{"frame": k, "model": f"GALAXY_BUILDER_{v}"} for k, v in frames.items()]
    return tree | {"#isModelling": True, "#isFake": True, "#models": models}


def _petrosian(survey: Survey) -> float:
    """Return the Petrosian radius [arcsec]: a quarter of the cutout's side."""
    return survey.pixels.image.shape[1] * PIXEL / 4


def subject_row(survey: Survey) -> dict:
    """Return a subject's row of the subject export."""
    last = max((c.created_at for c in survey.classifications), default=_date())
    names = ("difference.json", "image.png", "model.json")
    files = enumerate(f"subject_data/{survey.subject_id}/{name}" for name in names)
    row = {"subject_id": survey.subject_id, "project_id": PROJECT}
    row |= {"workflow_id": WORKFLOW, "subject_set_id": SUBJECT_SET}
    row["metadata"] = subject_metadata(survey)
    row["locations"] = {str(i): place for i, place in files}
    row |= {"classifications_count": len(survey.classifications), "retired_at": last}
    row |= {"retirement_reason": "classification_count", "created_at": _date()}
    return row | {"updated_at": last}


def metadata_row(survey: Survey) -> dict:
    """Return a subject's row of gal-metadata.csv.

    The position angles say that north is at `NORTH` in the frame, of which every
    second upload is a quarter turn off (`upload_turns`), as in the real survey.
    """
    disk, place = survey.truth.disk, survey.place
    in_frame = disk.roll - upload_turns(survey.galaxy_id) * np.pi / 2
    row = {"subject_id": survey.subject_id, "NSAID": survey.galaxy_id}
    row |= {"RA": place["ra"], "DEC": place["dec"]}
    row |= dict.fromkeys(("Z", "ZDIST"), place["redshift"])
    angle = float(np.degrees(in_frame - NORTH) % 180)
    row |= {"SERSIC_BA": round(disk.q, 6), "PETRO_THETA": round(_petrosian(survey), 6)}
    row |= {"PETRO_PHI90": round(angle, 6), "montage_angle": round(-disk.roll, 9)}
    return row | {"original_angle": round(-in_frame, 9)}


def upload_turns(galaxy_id: int) -> int:
    """Return the turns of ``np.rot90`` from a galaxy's upload to its frame: 0 or 1."""
    return galaxy_id % 2


def truth_tree(survey: Survey) -> dict:
    """Return what is true of a subject: never an input of the pipeline itself."""
    tree = {"subject_id": survey.subject_id, "galaxy_id": survey.galaxy_id}
    tree |= {"model": to_dict(survey.truth), "seen": to_dict(survey.seen)}
    tree |= {"phi_gal": survey.phi_gal, "multiplier": survey.pixels.multiplier}
    tree |= {"half_light": survey.half_light, "beyond": dict(survey.beyond)}
    return tree | {"flux": true_flux(survey)}


def true_flux(survey: Survey) -> dict[str, float]:
    """Return the light of each component, and in `total` of all the galaxy has.

    In image units x px²; as in fits, Sérsic components to infinity, arms as rendered.
    """
    truth, size = survey.truth, len(survey.pixels.image)
    found = {name: total_flux(part) for name, part in truth.components().items()}
    if truth.spiral:
        arms = (
            a.I * arm_image(truth.disk, a, frame(size), 1e-3)[0] for a in truth.spiral
        )
        found["spiral"] = float(truth.disk.I * sum(arms).sum())
    return found | {"total": sum(found.values()) + sum(survey.beyond.values())}


def write_survey(
    surveys: Iterable[Survey],
    *,
    classifications: str | Path,
    subjects: str | Path,
    gal_metadata: str | Path,
    data: Mapping[int, str | Path],
    truth: str | Path,
) -> None:
    """Write simulated subjects, sorted, as the survey's CSV exports and their truth.

    `data` says where each subject's ``difference.json`` goes; `truth` is JSON, subject
    id to `truth_tree`.
    """
    surveys = sorted(surveys, key=lambda s: s.subject_id)
    for survey in surveys:
        write_json(data[survey.subject_id], subject_file(survey.pixels), sealed=False)
    write_classifications(
        classifications, [c for s in surveys for c in s.classifications]
    )
    write_subjects(subjects, pd.DataFrame([subject_row(s) for s in surveys]))
    write_csv(gal_metadata, pd.DataFrame([metadata_row(s) for s in surveys]))
    write_json(truth, {str(s.subject_id): truth_tree(s) for s in surveys})
