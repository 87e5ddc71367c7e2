"""What the front door hands to an area: its settings and its folders."""

from __future__ import annotations

from collections.abc import Mapping

from skyloom.run.config import data_path


def area_config(config: Mapping, area: str) -> dict:
    """Return an area's section of the config, with the seed of the whole run.

    Parameters
    ----------
    config : mapping
        The validated config.
    area : str
        Name of the section.

    Returns
    -------
    dict
        The section's keys, and ``seed``.
    """
    return {**config[area], "seed": config["seed"]}


def area_folders(config: Mapping, area: str) -> dict[str, str]:
    """Return the pathvars of an area: where its files lie.

    Parameters
    ----------
    config : mapping
        The validated config; its ``folders`` name the roots.
    area : str
        Name of the area.

    Returns
    -------
    dict of str to str
        ``results``, ``logs`` and ``benchmarks`` as ``<root>/<run>/<area>``, so that
        no two runs and no two areas share a file; ``downloads`` among the data.
    """
    roots = dict(config["folders"])
    downloads = data_path(roots.pop("downloads"))
    apart = {name: f"{root}/{config['run']}/{area}" for name, root in roots.items()}
    return apart | {"downloads": downloads}
