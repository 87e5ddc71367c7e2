"""The total light of a boxy Sérsic component."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln

from skyloom.builder.model import Sersic


def boxy_area(c):
    """Return R_c: the area of an ellipse over that of the boxy ellipse around it.

    ``pi c / (4 Beta(1/c, 1 + 1/c))``; 1 at c = 2. Source: Peng et al. 2002, AJ 124,
    266, equation 5 with c = c0 + 2.
    """
    log_beta = gammaln(1 / c) + gammaln(1 + 1 / c) - gammaln(1 + 2 / c)
    return np.pi * c / 4 * np.exp(-log_beta)


def total_flux(part: Sersic) -> float:
    """Return the light of a component to infinity [image units x px²].

    ``L = 2 pi Re² I n e^b b^(-2n) Gamma(2n) q / R_c(c)``, for the same b_n as the
    renderer's. Source: Graham & Driver 2005, PASA 22, 118, equation 4.
    """
    # Compiled code, which tables that ask for `boxy_area` alone need not load.
    from skyloom.builder.fitting.profiles import sersic_b  # noqa: PLC0415

    b, n = sersic_b(part.n), part.n
    shape = math.exp(b - 2 * n * math.log(b) + gammaln(2 * n))
    area = part.Re**2 * part.q / float(boxy_area(part.c))
    return 2 * math.pi * area * part.I * n * shape
