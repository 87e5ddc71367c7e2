"""What a fit is told of a galaxy's parameters beside what its volunteers drew."""

from __future__ import annotations

# Lower and upper limit of each parameter; Re of bulge and bar in disk Re. Light, an
# arm's `I` too, has the lower limit 0 (`fitting.brightness`). Of the published arms 84
# per cent have an `I` below 1.3; brighter ones take the light of the disk or a bulge.
BOUNDS = {
    "disk.q": (0.1, 1.2),
    "disk.Re": (1.0, 1e3),
    "bulge.q": (0.3, 1.2),
    "bulge.Re": (0.01, 1.0),
    "bulge.n": (0.5, 6.0),
    "bar.q": (0.05, 0.7),
    "bar.Re": (0.02, 1.0),
    "bar.n": (0.3, 5.0),
    "bar.c": (1.0, 6.0),
    "spiral.spread": (0.5, 40.0),
    "spiral.phi": (-85.0, 85.0),
    "spiral.I": (0.0, 1.5),
}
# Priors of what volunteers do not tell: median, width of the logarithm, and the unit.
# Medians are those of fits of the published galaxies' volunteer models; widths are a
# little less than theirs, which hold what a component becomes where there is none.
POPULATION = {
    "bulge.q": (0.8, 0.25, None),
    "bulge.Re": (0.14, 0.7, "disk.Re"),
    "bulge.n": (1.5, 0.6, None),
    "bar.q": (0.33, 0.4, None),
    "bar.Re": (0.3, 0.4, "disk.Re"),
    "bar.n": (0.6, 0.5, None),
    "bar.c": (2.2, 0.3, None),
    "spiral.spread": (0.11, 0.5, "disk.Re"),
}
