"""Settings that do not fit each other, refused while the rules are read.

The schema knows what a key may be; here is what keys say of one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skyloom.run.config import ConfigError, message

SURVEY = ("survey", "survey_sheet", "survey_truth")


def refuse(config: Mapping) -> None:
    """Refuse an area's configuration whose keys contradict each other.

    Raises
    ------
    ConfigError
        With a line for each contradiction: the keys, their values, what to do.
    """
    checks = (
        _tiles,
        _network,
        _windows,
        _halos,
        _unread_survey,
        _real_field,
    )
    problems = [problem for check in checks for problem in check(config)]
    if problems:
        raise ConfigError(message("the configuration", problems))


def _tiles(config: Mapping) -> Iterator[str]:
    tile, pool = config["data"]["tile_size"], config["data"]["pool"]
    fields = config["simulate"]["fields"]
    if tile < 2 * pool:
        yield (
            f"clusters.data.tile_size is {tile} px and clusters.data.pool {pool} px: a "
            "tile has fewer than two pooled pixels to a side; lower the pool"
        )
    if fields["number"] and fields["image_size"] % tile:
        yield (
            f"clusters.simulate.fields.image_size is {fields['image_size']} px, no "
            f"multiple of clusters.data.tile_size, {tile} px; change one of them"
        )


def _network(config: Mapping) -> Iterator[str]:
    tile, pool = config["data"]["tile_size"], config["data"]["pool"]
    stages = max((tile // pool).bit_length() - 1, 0)
    for key in ("widths", "blocks"):
        named = config["network"][key]
        if len(named) > stages:
            yield (
                f"clusters.network.{key} names {len(named)} stages, but from "
                f"{tile // pool} pooled pixels to a tile there are {stages} halvings; "
                "leave some out, or change clusters.data.pool"
            )


def _windows(config: Mapping) -> Iterator[str]:
    tile, pool = config["data"]["tile_size"], config["data"]["pool"]
    survey = config["survey"]
    window, step, shifts = (survey[key] for key in ("window", "step", "shifts"))
    if window % tile:
        yield (
            f"clusters.survey.window is {window} px, no multiple of "
            f"clusters.data.tile_size, {tile} px; change one of them"
        )
    if step > window:
        yield (
            f"clusters.survey.step is {step} px, more than clusters.survey.window, "
            f"{window} px: pixels between windows would never be looked at; lower it"
        )
    if step % pool:
        yield (
            f"clusters.survey.step is {step} px, no multiple of clusters.data.pool, "
            f"{pool} px; change one of them"
        )
    if shifts > 1 and tile % (2 * shifts * pool):
        yield (
            f"clusters.survey.shifts is {shifts}: windows would move by parts of "
            f"{pool} pooled px; take one for which {tile} px divides by 2 x shifts x "
            "pool, or 1"
        )


def _halos(config: Mapping) -> Iterator[str]:
    if config["paths"]["list"] is not None:
        return
    drawn = config["simulate"]["list"]
    for kind in ("fields", "survey"):
        halos = config["simulate"][kind]["halos"]
        for key in ("richness", "redshifts"):
            if halos[key][0] > drawn[key][1] or halos[key][1] < drawn[key][0]:
                yield (
                    f"clusters.simulate.{kind}.halos.{key} is {halos[key]}, but the "
                    f"list that they are drawn from has {drawn[key]} "
                    f"(clusters.simulate.list.{key}); let them overlap"
                )


def _unread_survey(config: Mapping) -> Iterator[str]:
    given = {k: config["paths"][k] for k in SURVEY if config["paths"][k] is not None}
    if config["source"] == "simulated":
        for key, path in given.items():
            yield (
                f"clusters.paths.{key} is {path!r}, but clusters.source is simulated, "
                "which reads no such file; set clusters.source to files, or the path "
                "to null in a layer"
            )
    elif {"survey", "survey_sheet"} <= given.keys():
        yield (
            f"clusters.paths.survey is {given['survey']!r} and "
            f"clusters.paths.survey_sheet {given['survey_sheet']!r}: tiles come from "
            "one of them; set the other to null in a layer"
        )


def _real_field(config: Mapping) -> Iterator[str]:
    section = config["real_field"]
    if section["galaxies"] is not None and 2 * section["overlap"] >= section["side"]:
        yield (
            f"clusters.real_field.overlap is {section['overlap']} px, half or more of "
            f"clusters.real_field.side, {section['side']} px; lower it"
        )
