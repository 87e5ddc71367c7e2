"""Fit of a galaxy model to an image: what is fitted, and its residuals.

At each trial geometry the brightnesses of the components are the solution of a
linear least-squares problem with limits (variable projection; Golub & Pereyra 1973,
SIAM J. Numer. Anal. 10, 413, with Kaufman's 1975 Jacobian); what is left are the
residuals as a function of the geometry, with the crowd's scatter as Gaussian priors
(Lingard et al. 2020, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from skyloom.builder.fitting.brightness import LightCone
from skyloom.builder.fitting.parameters import (
    GEOMETRY,
    SHAPE,
    bounds_of,
    parametrise,
    prior_of,
    value_of,
)
from skyloom.builder.fitting.priors import BOUNDS, POPULATION
from skyloom.builder.fitting.profiles import ARM_PARTIALS, PARTIALS
from skyloom.builder.fitting.render import Convolver, arm_image, sersic_image
from skyloom.builder.model import Model, replace

RTOL = 1e-3  # relative error of each rendered pixel


class Problem:
    """The residuals of one galaxy's fit, and their Jacobian.

    Parameters
    ----------
    crowd : Model
        What the priors and limits are about; its brightness is not read.
    cutout : Cutout
        Image, sigma, mask (True is bad) and PSF.
    errors : mapping or None
        The crowd's scatter, which serves as prior.
    start : Model, optional
        Where a search begins, with the components of `crowd`; by default `crowd`.
    inflation : float
        Of the noise by what no smooth model fits (`fitting.misfit`), against which the
        priors of the population and of arms count: their variances are divided by it,
        which leaves chi² as it is. Those of the disk, of which volunteers see the
        outline and not the light, and of the place of bulge and bar count against the
        noise alone.
    """

    def __init__(
        self,
        crowd: Model,
        cutout,
        errors,
        start: Model | None = None,
        inflation: float = 1.0,
    ):
        self.par = parametrise(crowd)
        self.start = self.par.begin() if start is None else self.par.vector(start)
        self.frame = Convolver(cutout.psf, cutout.image.shape)
        self.good = np.flatnonzero(~cutout.mask)
        self.weight = 1.0 / cutout.sigma.ravel()[self.good]
        self.data = cutout.image.ravel()[self.good] * self.weight
        self.inflation = inflation
        told = {
            name: (median, width / inflation**0.5, unit)
            for name, (median, width, unit) in POPULATION.items()
        }
        arms = [_narrowed(arm, inflation) for arm in (errors or {}).get("spiral") or ()]
        errors = errors and {**errors, "spiral": arms}
        self.prior_mean, self.prior_root = prior_of(self.par, errors, told)
        self.bounds = bounds_of(self.par, BOUNDS)
        self.light = LightCone(self.terms, BOUNDS["spiral.I"][1])
        self._log = self.par.logarithmic
        self._last = (None, None)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the linear terms: the components, then one for each arm."""
        start = self.par.start
        arms = tuple(f"spiral.{i}" for i in range(len(start.spiral)))
        return (*start.components(), *(arms if start.disk else ()))

    def design(self, vector) -> np.ndarray:
        """Return each term's image at unit brightness, in sigma, (n_pix, n_terms)."""
        model = self.par.model(vector)
        return self._seen(np.stack([im[0] for im in self.images(model, jac=False)]))

    def solve(self, vector):
        """Return the best brightnesses and the design matrix, shape as `design`."""
        if self._last[0] is None or not np.array_equal(self._last[0], vector):
            design = self.design(vector)
            self._last = (vector.copy(), (self.light.best(design, self.data), design))
        return self._last[1]

    def residuals(self, vector) -> np.ndarray:
        """Return (model - data) / sigma and the priors' residuals."""
        amplitude, design = self.solve(vector)
        return np.concatenate([design @ amplitude - self.data, self.pull(vector)])

    def pull(self, vector) -> np.ndarray:
        """Return the priors' residuals, shape (n_free,), in sigma."""
        return self.prior_root @ (vector - self.prior_mean)

    def slopes(self, vector, amplitude) -> np.ndarray:
        """Return the partials of the image in sigma (n_pix, n_free) at a brightness."""
        model = self.par.model(vector)
        # A slope needs no more than single precision, which halves its cost.
        wide = np.zeros((len(self.par.names), *self.frame.wide), np.float32)
        terms = zip(self.terms, self.images(model, jac=True), amplitude, strict=True)
        for term, images, a in terms:
            if a > 0:
                self.add_partials(wide, model, term, a * images[1:])
        return self._seen(wide)

    def jacobian(self, vector) -> np.ndarray:
        """Return the partials of `residuals`, brightness following the geometry."""
        amplitude, design = self.solve(vector)
        slopes = self.slopes(vector, amplitude)
        q, _ = np.linalg.qr(design @ self.light.directions(amplitude))
        slopes -= q @ (q.T @ slopes)
        return np.vstack([slopes, self.prior_root])

    def images(self, model: Model, jac: bool):
        """Yield each term on the wide frame at unit brightness, with its partials."""
        for name, part in model.components().items():
            n_partials = 3 + len(SHAPE[name])  # those that are free, the first
            yield sersic_image(part, self.frame, RTOL, jac, n_partials)
        if model.disk is not None:
            for arm in model.spiral:
                yield arm_image(model.disk, arm, self.frame, RTOL, jac)

    def _seen(self, wide) -> np.ndarray:
        images = self.frame(wide).reshape(len(wide), -1)[:, self.good]
        return images.T * self.weight[:, None]

    def add_partials(self, wide, model: Model, term: str, partials):
        """Add one term's partials to the planes (n_free, *wide shape) in place.

        The partials are in the kernels' order, by natural parameters of `model`.
        """
        is_arm = term.startswith("spiral")
        keys = ARM_PARTIALS if is_arm else PARTIALS
        for key, plane in zip(keys[: len(partials)], partials, strict=True):
            part = term
            if is_arm and key not in (*GEOMETRY, "spread"):
                part = "disk"
            elif term in ("bulge", "bar") and key in ("mux", "muy"):
                part = "centre"
            name = f"{part}.{key}"
            if name in self.par.names:
                i = self.par.names.index(name)
                wide[i] += plane * (value_of(model, name) if self._log[i] else 1.0)


def _narrowed(arm: Mapping, inflation: float) -> dict:
    """Return the prior widths of an arm, of variances divided by the inflation."""
    return {
        key: width if key == "pivot" or width is None else width / inflation**0.5
        for key, width in arm.items()
    }


def lit(model: Model, terms: Sequence[str], amplitude) -> Model:
    """Return a model with solved brightnesses; an arm's is relative to the disk."""
    light = dict(zip(terms, map(float, amplitude), strict=True))
    parts = {k: replace(part, I=light[k]) for k, part in model.components().items()}
    disk = light.get("disk", 0.0)
    arms = tuple(
        replace(arm, I=light[f"spiral.{i}"] / disk if disk > 0 else 0.0)
        for i, arm in enumerate(model.spiral)
        if "disk" in light
    )
    return replace(model, **parts, spiral=arms)
