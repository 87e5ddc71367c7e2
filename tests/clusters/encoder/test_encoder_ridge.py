"""The red sequence as a net sees it."""

import numpy as np
import pytest
import torch
from skyloom.clusters.bands import flux
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.ridge import Ridge
from skyloom.clusters.encoder.settings import EncoderSettings

Z = np.array([0.2, 0.3, 0.4, 0.5, 0.6])
NOISE = torch.tensor([0.5, 0.7, 1.2, 2.3])


@pytest.fixture(scope="module")
def ridge(red_sequence):
    return Ridge(red_sequence.colours(Z).tolist())


def _galaxy(red_sequence, z, below=0.0, bluer=0.0):
    """Return an image with one galaxy of magnitude m* + below, in a 5 x 5 px square."""
    magnitude = red_sequence.m_star(z) + below
    magnitude[0] -= bluer
    image = torch.zeros(1, 4, 32, 32)
    spread = torch.tensor(flux(magnitude) / 25, dtype=torch.float32)
    image[0, :, 14:19, 14:19] = spread[:, None, None]
    return image


@pytest.mark.parametrize("number", range(len(Z)))
def test_a_red_galaxy_answers_at_its_redshift(ridge, red_sequence, number):
    """The largest likelihood under a galaxy on the sequence is its own redshift's."""
    likely = ridge(_galaxy(red_sequence, Z[number], 0.5), NOISE)[0, : len(Z)]
    middle = likely[:, 8, 8]
    assert middle.argmax() == number
    assert middle[number] > 0.9


def test_a_blue_galaxy_answers_nowhere(ridge, red_sequence):
    """Half a magnitude bluer in g-r than the sequence: no redshift fits."""
    likely = ridge(_galaxy(red_sequence, 0.3, 0.0, bluer=0.8), NOISE)[0, : len(Z)]
    assert likely[:, 8, 8].max() < 0.05


def test_a_wide_sequence_knows_what_errors_moved(red_sequence):
    """0.35 mag off in g-r: a width of 0.08 sees nothing, one of 0.25 the redshift."""
    both = Ridge(red_sequence.colours(Z).tolist())
    image = _galaxy(red_sequence, 0.2, 0.0, bluer=0.35)
    narrow, wide = both(image, NOISE)[0, :, 8, 8].split(len(Z))
    assert narrow.max() < 0.05
    assert wide.argmax() == 0
    assert wide.max() > 0.2


def test_the_sky_answers_nowhere(ridge):
    """Empty sky and noise: next to nothing."""
    noise = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    likely = ridge(noise * NOISE[:, None, None], NOISE)[:, : len(Z)]
    assert likely.mean() < 0.01


@pytest.mark.parametrize(("band", "seen"), [("i", False), ("z", True)])
def test_a_source_is_one_that_is_seen_in_i(ridge, red_sequence, band, seen):
    """At two sigma in i it is none; so faint in z alone, i still tells of it."""
    image, number = _galaxy(red_sequence, 0.4, 0.5), "griz".index(band)
    noise = NOISE / 100
    noise[number] = 2 * image[0, number, 16, 16]
    likely = ridge(image, noise)[0, : len(Z), 8, 8].max()
    assert likely > 0.3 if seen else likely < 0.2


def test_the_net_takes_it(red_sequence):
    """More inputs, one set of outputs; settings keep the colours."""
    colours = red_sequence.colours(Z).tolist()
    settings = EncoderSettings(tile=16, pool=2, widths=(8, 8, 8), ridge=colours)
    assert EncoderSettings.from_json(settings.to_json()) == settings
    outputs = Encoder(settings)(torch.zeros(2, 4, 32, 32))
    assert outputs["center"].shape == (2, 4, 4)


def test_a_row_of_other_length_is_refused():
    with pytest.raises(ValueError, match="rows of 3 colours"):
        EncoderSettings(ridge=((1.0, 0.5),))
