"""The published tuning and best individual, re-stated plainly from the papers.

Every component is rendered by 5 x 5 points a pixel in numpy, the gradient comes from
finite differences (one rendering of the whole galaxy for each parameter), and scipy's
L-BFGS-B minimises the reduced chi². Written from Lingard et al. 2020, section 4.
"""

import numpy as np
from builder.published_render import sampled
from scipy.optimize import minimize
from scipy.signal import convolve2d
from skyloom.builder.fitting.parameters import parametrise, value_of, with_values


def chisq(model, cutout):
    """Return the chi² per good pixel of a model sampled as upstream did."""
    sharp = sampled(model, cutout.image.shape)
    seen = convolve2d(sharp, cutout.psf, mode="same", boundary="symm")
    return np.mean((((seen - cutout.image) / cutout.sigma)[~cutout.mask]) ** 2)


def best_individual(models, cutout):
    """Return the index of the model with the lowest chi²."""
    return int(np.argmin([chisq(model, cutout) for model in models]))


def free_names(model):
    """Return the geometry and the brightness that the published fit moved."""
    light = [f"{name}.I" for name in model.components()]
    light += [f"spiral.{i}.I" for i in range(len(model.spiral))]
    return parametrise(model).names, tuple(light)


def tune(model, cutout, gradients):
    """Minimise chi² from a start over geometry and brightness, which is 0 or more.

    Returns the chi² after so many gradients, their number, and the parameters'.
    """
    par = parametrise(model)
    names, light = free_names(model)
    n, n_all = len(names), len(names) + len(light)

    def at(vector):
        return with_values(par.model(vector[:n]), light, vector[n:])

    begin = [*par.begin(), *(value_of(model, name) for name in light)]
    found = minimize(
        lambda vector: chisq(at(vector), cutout),
        begin,
        method="L-BFGS-B",
        bounds=[(None, None)] * n + [(0.0, None)] * len(light),
        options={"maxfun": gradients * (n_all + 1)},
    )
    return found.fun, found.nfev / (n_all + 1), n_all
