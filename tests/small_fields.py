"""Random fields of stars and galaxies for the renderers' tests."""

import numpy as np
from astropy.table import Table
from skyloom.clusters.bands import BANDS, flux

COLOURS = (0.9, 0.3, 0.0, -0.3)  # of the bands, with respect to i [mag]


def random_field(n, size, *, seed=1, margin=0.0, bright=17.0, faint=25.0):
    """Return n sources, a fifth of them stars, on `size` pixels and a margin."""
    rng = np.random.default_rng(seed)
    slope = 0.34 * np.log(10)
    depth = faint - bright
    magnitude = faint + np.log1p(-rng.random(n) * -np.expm1(-slope * depth)) / slope
    star = rng.random(n) < 0.2
    ellipticity = np.minimum(np.abs(rng.normal(0.0, 0.2, n)), 0.7)
    angle = rng.uniform(0, 2 * np.pi, n)
    columns = {
        "X": rng.uniform(-0.5 - margin, size - 0.5 + margin, n),
        "Y": rng.uniform(-0.5 - margin, size - 0.5 + margin, n),
        "SOURCE_TYPE": np.where(star, 0, 1),
        "HLR": np.where(star, 0, 0.5 * np.exp(0.5 * rng.standard_normal(n))),
        "FRACDEV": np.where(star, 0, np.clip(rng.uniform(-0.5, 1.5, n), 0, 1)),
        "G1": ellipticity * np.cos(angle),
        "G2": ellipticity * np.sin(angle),
    }
    for band, colour in zip(BANDS, COLOURS, strict=True):
        apart = colour * rng.uniform(0.3, 1.3, n)
        columns[f"FLUX_{band.upper()}"] = flux(magnitude + apart)
    return Table(columns)


def one_source(x, y, flux=1e4, hlr=0.0, fracdev=0.0, g1=0.0, g2=0.0):
    """Return a field of one source, a star where its size is 0."""
    shape = {"HLR": [hlr], "FRACDEV": [fracdev], "G1": [g1], "G2": [g2]}
    fluxes = {f"FLUX_{band.upper()}": [flux] for band in BANDS}
    kind = {"SOURCE_TYPE": [int(hlr > 0)]}
    return Table({"X": [x], "Y": [y], **kind, **shape, **fluxes})
