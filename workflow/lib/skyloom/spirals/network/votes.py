"""The likelihood of votes: a Dirichlet-multinomial for each question that was asked.

Concentrations have shape (..., answers) of all questions, in the order of
`skyloom.spirals.questions`; votes are counts of the same shape.
"""

from __future__ import annotations

import torch

from skyloom.spirals.questions import questions

LEAST, MOST = 1e-3, 1e4  # concentrations whose likelihood float32 still resolves


def by_question(values: torch.Tensor) -> list[torch.Tensor]:
    """Return the columns of each question."""
    return [values[..., one.columns] for one in questions()]


def log_likelihood(concentrations: torch.Tensor, votes: torch.Tensor) -> torch.Tensor:
    """Return the log likelihood of the votes for each question, (..., questions).

    Exactly 0 where nobody voted: a question that was not asked says nothing. In double
    precision inside, as differences of large numbers are taken.

    Source: Walmsley et al. 2022, MNRAS 509, 3966, section 4.2.
    """
    a = concentrations.double().clamp(LEAST, MOST)
    k = votes.double()
    each = torch.lgamma(k + a) - torch.lgamma(a) - torch.lgamma(k + 1)
    found = []
    for own, counts, of in zip(*map(by_question, (a, k, each)), strict=True):
        total, number = own.sum(-1), counts.sum(-1)
        whole = torch.lgamma(total) - torch.lgamma(number + total)
        whole = whole + torch.lgamma(number + 1) + of.sum(-1)
        found.append(torch.where(number > 0, whole, torch.zeros_like(whole)))
    return torch.stack(found, -1).to(concentrations.dtype)


def loss(concentrations: torch.Tensor, votes: torch.Tensor) -> torch.Tensor:
    """Return the negative log likelihood of each galaxy's votes, summed, (...)."""
    return -log_likelihood(concentrations, votes).sum(-1)
