"""Draw the front pictures of README from the products of a run.

``make pictures`` makes them of the demo: ``<area>/front.png`` beside this file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table
from matplotlib.figure import Figure
from skyloom.builder.tasks.pages import page
from skyloom.clusters.bands import BANDS
from skyloom.clusters.evaluation.tile_figures import colour_image, found_figure
from skyloom.clusters.images.survey import survey_wcs
from skyloom.clusters.tasks.products import read_candidates, read_threshold
from skyloom.plots import style
from skyloom.quasars.query.figures import contact_sheet, stamps_of
from skyloom.spectra.figures.units import glance
from skyloom.spectra.labels.tables import MEANINGS
from skyloom.spectra.tasks.reading import read_map
from skyloom.spirals.cutouts.pictures import read_picture
from skyloom.spirals.figures.maps import Galaxy, gallery
from skyloom.spirals.tasks.looking import middle
from skyloom.spirals.tasks.predicting import read_maps

HERE = Path(__file__).resolve().parent
SIDE = 900  # px at most
DPI = 150  # of letters of a common size
SHOWN = 6  # spectra, galaxies

NEAR, BRIGHTER = 0.6, 1.7  # of galaxies' pictures: the share shown; times their light


def builder(folder: Path) -> Figure:
    """Return the page of a galaxy with most components and arms, the most certain."""
    table = Table.read(folder / "catalogue.fits")
    parts = [len(str(words).split("+")) for words in table["components"]]
    arms = np.ma.filled(table["n_arms"], 0) > 1
    best = table["subject_id"][np.lexsort([table["weight"], arms, parts])[-1]]
    kinds = ("volunteers", "aggregates", "models")
    mine = {kind: folder / f"{kind}/{best}.json" for kind in kinds}
    mine |= {"cutouts": folder / f"fitting_metadata/{best}.npz"}
    return page(mine | {"residuals": folder / f"residuals/{best}.fits"})


def quasars(folder: Path) -> Figure:
    """Return the spectra that inspectors are asked about first, in the last round."""
    query = pd.read_csv(max(folder.glob("query/round*/query.csv"), key=_round)).head(
        SHOWN
    )
    stamps = list(stamps_of(query, sorted(folder.glob("spectra/*/*.h5"))))
    return contact_sheet(stamps, n_columns=2, size=6.5)


def _round(path: Path) -> int:
    return int(path.parent.name.removeprefix("round"))


def clusters(folder: Path) -> Figure:
    """Return the tile in which both finders agree on most clusters."""
    table = read_candidates(folder / "catalogue/clusters.fits")
    threshold = read_threshold(folder / "encoder/calibration.json")
    both = table[table["FOUND_BY"] == "both"]
    names = [tiles.split()[0] for tiles in both["TILES"]]
    tile = max(sorted(set(names)) or [table["TILES"][0].split()[0]], key=names.count)
    found = table[[tile in names.split() for names in table["TILES"]]]
    found = found[found["PROBABILITY"] >= threshold]
    images = [folder / f"survey/{tile}_{band}.fits.fz" for band in BANDS]
    picture, block = colour_image(images, side=500, black=1.8)
    return found_figure(picture, block, survey_wcs(images[0]), found, threshold)


def spectra(folder: Path) -> Figure:
    """Return the map in the colours of its first label, and prototypes along it."""
    nodes = Table.read(folder / "labels/nodes.fits")
    name = next(name for name in MEANINGS if name in nodes.colnames)
    values = np.ma.filled(nodes[name].astype(float), np.nan)
    known = np.argsort(values)[: np.isfinite(values).sum()]
    units = known[np.linspace(0, len(known) - 1, SHOWN).astype(int)]
    made = read_map(folder / "desom1/DESOM_model_final.keras")
    return glance(made, values, f"median {MEANINGS[name].words}", units)


def spirals(folder: Path) -> Figure:
    """Return galaxies with the surest arms and bars, and the network's maps on them."""
    rows = []
    for path in sorted(folder.glob("maps/*.fits")):
        maps = read_maps(path)
        if not maps.reason:
            peak = min(float(one.max()) for one in maps.mean)
            rows.append((peak, path.stem, maps))
    best = sorted(rows, key=lambda row: -row[0])[:SHOWN]
    shown = []
    for _, name, maps in best:
        image = read_picture(folder / f"images/{name}.png")
        share = NEAR * maps.crop
        image = middle(image, share, round(share * len(image)))
        image = (BRIGHTER * image).clip(0, 255).astype(np.uint8)
        edge = round(maps.mean.shape[-1] * (1 - NEAR) / 2)
        near = maps.mean[:, edge:-edge, edge:-edge]
        label = name.removeprefix("gz3d_").split("_")[0]
        shown.append(Galaxy(label, image, {"the maps": near}, {}))
    return gallery(shown, "the maps", across=True)


AREAS: tuple[Callable[[Path], Figure], ...] = (
    builder,
    quasars,
    clusters,
    spectra,
    spirals,
)


def main(run: Path) -> None:
    """Draw the pictures of a run's areas."""
    for draw in AREAS:
        folder = run / draw.__name__
        if not folder.is_dir():
            continue
        figure = draw(folder)
        dpi = int(min(DPI, SIDE / max(figure.get_size_inches())))
        path = HERE / draw.__name__ / "front.png"
        style.save(figure, path, dpi=dpi, note=f"of the run {run.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
