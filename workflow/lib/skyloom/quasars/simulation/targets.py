"""Targets with their truth: what there is in the sky before anybody looks at it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.quasars.config_simulation import Objects
from skyloom.quasars.simulation import junk
from skyloom.quasars.simulation.continuum import SMC, dust
from skyloom.quasars.simulation.eigen import project, read_templates
from skyloom.quasars.simulation.forest import Forest, transmission
from skyloom.quasars.simulation.frame import SIZE, rest, scaled
from skyloom.quasars.simulation.galaxies import (
    draw_galaxies,
    draw_galaxy_redshifts,
    old_stars,
)
from skyloom.quasars.simulation.kinds import (
    draw_associated,
    draw_narrow,
    draw_red,
    host_ratio,
)
from skyloom.quasars.simulation.quasars import (
    REFERENCE,
    draw_baldwin,
    draw_composite,
    luminosity,
)
from skyloom.quasars.simulation.stars import draw_kinds, draw_stars
from skyloom.quasars.simulation.tables import columns
from skyloom.quasars.simulation.troughs import (
    BAL_LINE,
    damped_depth,
    draw_damped,
    draw_troughs,
    indices,
    metal_depth,
    trough_depth,
)
from skyloom.run.config import data_path

# The families' own forests: Kim et al. 2007, and Becker et al. 2013 in shape.
FORESTS = {
    "baldwin": Forest(),
    "composite": Forest(tau=0.0055, slope=3.0, sigma=1.6, lengths=(1.0, 3.0)),
    "eigen": Forest(tau=0.0035, slope=3.35, sigma=1.5, lengths=(1.1, 4.0)),
}
CLASSES = ("QSO", "GALAXY", "STAR", "JUNK")
REDSHIFTS = ("desi", "boss", "broad")
STEEPNESS = 0.35  # numbers grow as 10^(STEEPNESS m)
FACTS = ["z", "family", "subtype", "ebv", "bal", "bi", "ai", "dla_z", "dla_logn"]
BAL, DLA = 0.12, 0.08  # of quasars: with broad, and with damped absorption
NARROW = 0.12  # of quasars: with complexes of narrow lines that are no broad ones
BLUE_END = 3900.0  # Å, where C IV is seen from on
_HOST_TO = 1.05  # redshift up to which 5100 Å lies in the frame


def simulate_targets(
    n: int, settings: Objects, rng: np.random.Generator, first: int = 1
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw n targets, named from `first` on, and their spectra above the atmosphere.

    Returns
    -------
    truth : DataFrame of n rows
        The columns of `skyloom.quasars.spectra.truth` (confident and of quality 4,
        but for fibres on empty sky, which have no class, and blends with a quasar,
        which are of quality 2), and ``family``, ``subtype``,
        ``fault`` (a row of the tables faults and gaps, or empty), ``magnitude``,
        ``ebv`` of the red (mag), ``bi``, ``ai`` (km/s), ``dla_z``, ``dla_logn`` (NaN
        for none).
    flux : ndarray, shape (n, SIZE), float32, 1e-17 erg/s/cm2/Å
        On `frame.WAVE`, noiseless.
    """
    share = np.array(settings.mix) / sum(settings.mix)
    kind = rng.choice(np.array(CLASSES, dtype=object), n, p=share)
    fault = np.full(n, "", dtype=object)
    spoilt = np.flatnonzero(kind == "JUNK")
    fault[spoilt] = junk.draw_kinds(len(spoilt), rng)
    lacking = np.flatnonzero((kind != "JUNK") & (rng.random(n) < settings.gaps))
    fault[lacking] = junk.draw_kinds(len(lacking), rng, "gaps")
    whole = share[:3] / share[:3].sum() if share[:3].sum() > 0 else np.full(3, 1 / 3)
    kind[spoilt] = rng.choice(np.array(CLASSES[:3], dtype=object), len(spoilt), p=whole)
    truth = pd.DataFrame({"targetid": first + np.arange(n, dtype=np.int64)})
    truth["klass"], truth["fault"] = kind, fault
    truth["magnitude"] = draw_magnitudes(*settings.magnitudes, n, rng)
    flux = np.empty((n, SIZE), dtype=np.float32)
    facts = []
    for name, draw in (("QSO", _quasars), ("GALAXY", _galaxies), ("STAR", _stars)):
        some = np.flatnonzero(kind == name)
        if len(some):
            magnitude = truth["magnitude"].to_numpy()[some]
            light, known = draw(magnitude, settings, rng)
            flux[some] = scaled(light, magnitude)
            facts.append(known.set_index(some))
    light, other = junk.spoil(flux, fault, rng)
    return _with_facts(truth, pd.concat(facts), other), light


def draw_redshifts(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw redshifts of quasars from one of `REDSHIFTS`, linear between its nodes."""
    z, density = columns(f"redshifts_{name}")
    fine = np.linspace(z[0], z[-1], 2000)
    total = np.cumsum(np.interp(fine, z, density))
    return np.interp(rng.random(n) * total[-1], total, fine)


def draw_magnitudes(
    low: float, high: float, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw magnitudes whose numbers grow as 10^(`STEEPNESS` m), shape (n,)."""
    k = STEEPNESS * np.log(10.0)
    return low + np.log1p(rng.random(n) * np.expm1(k * (high - low))) / k


def _with_facts(truth: pd.DataFrame, known: pd.DataFrame, other) -> pd.DataFrame:
    """Join what each class knows, and fill in what it does not; `other` of `spoil`."""
    known = known.reindex(index=truth.index, columns=FACTS)
    # Stars and galaxies have no broad absorption, and that is known.
    known["bal"] = known["bal"].fillna(-1).astype(np.int64)
    truth = truth.join(known)
    empty = (truth["fault"] == "sky").to_numpy()
    truth.loc[empty, ["klass", "subtype", "family"]] = ""
    truth.loc[empty, "z"] = np.nan
    truth.loc[empty, "bal"] = 0
    # Up to 70 % of a blend is another target's light: with a quasar among the two,
    # neither class nor redshift is sure.
    quasar = (truth["klass"] == "QSO").to_numpy()
    mixed = (other != np.arange(len(truth))) & (quasar | quasar[other])
    truth["confident"] = ~empty & ~mixed
    truth["quality"] = np.where(empty, 0.0, np.where(mixed, 2.0, 4.0))
    truth["source"] = "simulation"
    return truth


def _quasars(magnitude, settings: Objects, rng):
    """Return light (m, SIZE) and facts of quasars of some magnitudes (m,)."""
    z = draw_redshifts(settings.redshifts, len(magnitude), rng)
    family = np.array(settings.families, dtype=object)
    family = family[rng.integers(0, len(family), len(z))]
    facts = pd.DataFrame({"z": z, "family": family, "subtype": "QSO"})
    light = np.empty((len(z), SIZE), dtype=np.float32)
    parts = []
    for name in settings.families:
        own = np.flatnonzero(family == name)
        if len(own):
            made, ebv = _unabsorbed(name, z[own], magnitude[own], settings, rng)
            made *= transmission(z[own], FORESTS[name], rng)
            known = _absorb(made, z[own], settings.associated, rng)
            parts.append(known.assign(ebv=ebv).set_index(own))
            light[own] = made
    return light, facts.join(pd.concat(parts))


def _unabsorbed(family, z, magnitude, settings: Objects, rng):
    """Draw quasars of one family with their hosts, before absorption, and E(B-V).

    Dust lies before the nucleus, and after eigenspectra, which do not know it.
    """
    draw = {"baldwin": draw_baldwin, "composite": draw_composite}
    if family in draw:
        light = draw[family](z, magnitude, rng)
    else:
        templates = read_templates(data_path(settings.templates))
        either = draw_baldwin if rng.random() < 0.5 else draw_composite
        light = project(either(z, magnitude, rng), z, templates)
    ebv = draw_red(z, settings.red, rng)
    light *= dust(rest(z), ebv, SMC)
    _add_hosts(light, z, magnitude, rng)
    return light, ebv


def _add_hosts(light, z, magnitude, rng) -> None:
    """Add old stars to nuclei (n, SIZE) in place, by their light near 5100 Å."""
    ratio = host_ratio(luminosity(z, magnitude) + REFERENCE, rng)
    some = np.flatnonzero((ratio > 0.01) & (z < _HOST_TO))
    if len(some):
        wave = rest(z[some])
        host = old_stars(wave, z[some], rng)
        at = np.abs(wave - 5100.0) < 60.0
        level = (light[some] * at).sum(1) / (host * at).sum(1)
        light[some] += (ratio[some] * level)[:, None].astype(np.float32) * host


def _absorb(light, z, associated: float, rng) -> pd.DataFrame:
    """Absorb `light` (m, SIZE) in place; return what did so."""
    place, column = draw_damped(z, DLA, rng)
    troughs = draw_troughs(z, BAL, rng)
    bi, ai = indices(troughs)
    depth = metal_depth(z, place, rng) + trough_depth(z, troughs)
    for i in np.flatnonzero(np.isfinite(place)):
        depth[i] += damped_depth(place[i], column[i])
    near, dense, own = draw_associated(z, associated, rng)
    depth = depth + own + draw_narrow(z, NARROW, rng)
    place, column = (
        np.where(np.isfinite(near), a, b) for a, b in ((near, place), (dense, column))
    )
    light *= np.exp(-depth)
    seen = BAL_LINE * (1 + z) > BLUE_END
    bal = np.where(bi > 0, 1, -1) * seen
    values = {"bi": bi, "ai": ai, "bal": bal, "dla_z": place, "dla_logn": column}
    return pd.DataFrame(values)


def _galaxies(magnitude, _settings, rng):
    z = draw_galaxy_redshifts(len(magnitude), rng)
    facts = pd.DataFrame({"z": z, "family": "galaxy", "subtype": "GALAXY"})
    return draw_galaxies(z, rng), facts


def _stars(magnitude, _settings, rng):
    kind = draw_kinds(len(magnitude), rng)
    light, z = draw_stars(kind, rng)
    return light, pd.DataFrame({"z": z, "family": "star", "subtype": kind})
