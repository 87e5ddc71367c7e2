"""The published tuning and best individual, re-stated plainly from the papers.

Every component is rendered by 5 x 5 points a pixel in numpy, the gradient comes from
finite differences (one rendering of the whole galaxy for each parameter), and scipy's
L-BFGS-B minimises the reduced chi². Written from Lingard et al. 2020, section 4.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.signal import convolve2d
from skyloom.builder.fitting.parameters import parametrise
from skyloom.builder.fitting.render import render


def chisq(model, cutout):
    """Return the chi² per good pixel of a model sampled as upstream did."""
    sharp = render(model, cutout.image.shape, oversample=5)
    seen = convolve2d(sharp, cutout.psf, mode="same", boundary="symm")
    return np.mean((((seen - cutout.image) / cutout.sigma)[~cutout.mask]) ** 2)


def best_individual(models, cutout):
    """Return the index of the model with the lowest chi²."""
    return int(np.argmin([chisq(model, cutout) for model in models]))


def tune(model, cutout, gradients):
    """Minimise chi² from a start; returns the chi² after so many gradients."""
    par = parametrise(model)
    budget = gradients * (len(par.names) + 1)
    found = minimize(
        lambda vector: chisq(par.model(vector), cutout),
        par.begin(),
        method="L-BFGS-B",
        options={"maxfun": budget},
    )
    return found.fun, found.nfev / (len(par.names) + 1)
