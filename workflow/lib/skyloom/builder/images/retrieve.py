"""Where public archives keep what the volunteers were shown."""

from __future__ import annotations

from collections.abc import Mapping

SUBJECT_FILES = ("difference.json", "image.png", "model.json")


def frame_url(
    base: str, run: int, camcol: int, field: int, *, rerun: str = "301", band: str = "r"
) -> str:
    """Return the address of an SDSS corrected frame.

    Parameters
    ----------
    base : str
        The archive's folder of frames, from the config:
        ``https://<archive>/.../eboss/photoObj/frames``.
    run, camcol, field : int
        Which frame.
    rerun : str
        Of the photometric reduction.
    band : str
        One of u, g, r, i, z.

    Raises
    ------
    ValueError
        For a column other than 1 to 6, another band, or a negative number.

    Source: SDSS data model, frame.
    """
    if band not in set("ugriz") or camcol not in range(1, 7) or min(run, field) < 0:
        msg = f"no SDSS frame: run {run}, camcol {camcol}, field {field}, band {band!r}"
        raise ValueError(msg)
    name = f"frame-{band}-{run:06d}-{camcol}-{field:04d}.fits.bz2"
    return f"{base.rstrip('/')}/{rerun}/{run}/{camcol}/{name}"


def subject_urls(locations: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of a subject's files by name.

    Parameters
    ----------
    locations : mapping
        Of the subject export: ``{"0": url of difference.json, ...}``.

    Raises
    ------
    ValueError
        When one of the three is missing.
    """
    missing = [name for i, name in enumerate(SUBJECT_FILES) if str(i) not in locations]
    if missing:
        msg = f"locations: no address of {missing[0]} among {sorted(locations)}"
        raise ValueError(msg)
    return {name: locations[str(i)] for i, name in enumerate(SUBJECT_FILES)}
