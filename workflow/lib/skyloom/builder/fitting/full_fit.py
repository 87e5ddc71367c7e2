"""The fit of the fullest model, from many starts.

Which model fits best depends on where a search begins, and two crowds begin at
different places of one image. So all starts, those of the crowd and those that the
image gives alone, are searched roughly, with a fourth of the pixels, and the best end
is where the fit begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from skyloom.builder.fitting.arm_candidates import lit_arms
from skyloom.builder.fitting.coarse import halved, scaled, scaled_errors
from skyloom.builder.fitting.fullest import fullest, image_starts
from skyloom.builder.fitting.misfit import misfit
from skyloom.builder.fitting.settle import Settled, settle, without
from skyloom.builder.model import Model, replace

ENOUGH = 1000  # good pixels of an image that has been made coarser
FEW = 10  # evaluations of a search that begins near its end
ROUGH = 8  # of one that only tells which start is best
ALIKE = 0.03  # of ln Re and ln q of two disks: a search from either ends at one place


def full_fit(
    starts: Iterable[Model],
    crowd: Model,
    errors: Mapping,
    cutout,
    limit: int,
    agreed: int,
    inflation: float,
) -> tuple[Settled, Model]:
    """Fit the fullest model, and propose one without a bar.

    Parameters
    ----------
    starts : iterable of Model
        Fits to begin from, each with a disk; of their arms nothing is read.
    crowd, errors : Model, mapping
        The crowd's disk and arms, and the widths of the priors.
    cutout : Cutout
        Image, sigma, mask and PSF.
    limit : int
        Evaluations of the search.
    agreed : int
        Number of the crowd's arms, the first, that go before others.
    inflation : float
        Of the noise, for the priors.

    Returns
    -------
    full : Settled
        Its arms, numbered as the crowd's, all have light.
    barless : Model
        Where a search without a bar begins; it may lack more.

    Raises
    ------
    DatumError
        If the image has too few pixels, or light of no component.
    """
    pixels = halved(cutout)
    by = 0.5 if np.count_nonzero(~pixels.mask) >= ENOUGH else 1.0
    begun = [scaled(replace(one, spiral=()), by) for one in _different(starts)]
    rough, barless = _begins(
        begun,
        scaled(crowd, by),
        scaled_errors(errors, by),
        pixels if by < 1 else cutout,
        limit,
        agreed,
        inflation,
    )
    # The starts may lack a component, and their misfit be that of it.
    inflation = min(inflation, misfit(rough))
    begin = scaled(rough.shape, 1 / by)
    full = _search(begin, rough.arms, crowd, errors, cutout, limit, inflation)
    return full, scaled(barless.shape, 1 / by)


def _different(starts: Iterable[Model]) -> list[Model]:
    """Return the starts without those whose disk is like that of one before."""
    kept: list[Model] = []
    for start in starts:
        shape = np.log([start.disk.Re, start.disk.q])
        others = [np.log([one.disk.Re, one.disk.q]) for one in kept]
        if all(np.abs(shape - other).max() > ALIKE for other in others):
            kept.append(start)
    return kept


def _begins(starts, crowd: Model, errors, cutout, limit, agreed, inflation):
    """Return rough ends of the fullest model and of one without a bar.

    The best end with a bar counts, where there is one: whether the galaxy has it is
    not for a rough search to say.
    """
    alone = settle(Model(disk=starts[0].disk), None, cutout, limit, patient=False)
    barless, *others = image_starts(alone.shape.disk, crowd, cutout)
    others = [fullest(one, crowd, cutout) for one in starts] + others
    barless, *ends = (
        _end(begin, crowd, errors, cutout, min(limit, ROUGH), agreed, inflation)
        for begin in (barless, *others)
    )

    def worth(end: Settled) -> tuple:
        return end.shape.disk is None, end.shape.bar is None, end.objective

    return min(ends, key=worth), barless


def _end(begin: Model, crowd: Model, errors, cutout, limit, agreed, inflation):
    """Return the end of a search that begins at a model with all of the crowd's arms.

    Arms without light go before it.
    """
    lit = lit_arms(replace(begin, spiral=()), begin.spiral, cutout, agreed)
    dark = [f"spiral.{i}" for i in range(len(begin.spiral)) if i not in lit]
    begin, _ = without(begin, None, dark)
    return _search(begin, lit, crowd, errors, cutout, limit, inflation)


def _search(begin: Model, arms, crowd: Model, errors, cutout, limit, inflation):
    """Return the end of a search from a model with some of the crowd's arms."""
    gone = [f"spiral.{i}" for i in range(len(crowd.spiral)) if i not in arms]
    disk = begin.disk and (crowd.disk or begin.disk)
    centre = Model(disk, begin.bulge, begin.bar, crowd.spiral)
    centre, widths = without(centre, errors, gone)
    told = {"patient": False, "inflation": inflation}
    return settle(centre, widths, cutout, limit, begin, **told).renumbered(arms)
