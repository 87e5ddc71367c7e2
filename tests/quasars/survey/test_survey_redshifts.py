"""Consensus redshifts on simulated outputs: unbiased, honest, without wiggles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_outputs import ARCH, BIAS, outputs_of, redshifts
from skyloom.quasars.evaluation.redshifts import pile_up, wiggle
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import best, decode
from skyloom.quasars.spectra.grid import LINEAR, LOG
from skyloom.quasars.survey import consensus as module
from skyloom.quasars.survey.consensus import (
    LEAST,
    C,
    Calibration,
    consensus,
    fit_calibration,
    robust,
)
from skyloom.quasars.survey.proposals import (
    Proposals,
    dithered,
    log_wave,
    moved,
    propose,
    shift_pixels,
)

SHIFTS = shift_pixels(ARCH, 12)


def all_shifts(z, shifts=SHIFTS, **options):
    """Return the proposals of simulated members at all shifts."""
    parts = [propose(outputs_of(z, shift=s, **options), ARCH, s) for s in shifts]
    u = np.concatenate([part.u for part in parts])
    return Proposals(u, np.concatenate([part.confidence for part in parts]))


def velocity(found, z):
    return C * (found - z) / (1 + z)


@pytest.fixture(scope="module")
def truth():
    return redshifts(3000)


@pytest.fixture(scope="module")
def calibration():
    """Learned from other quasars than those of the tests."""
    z = redshifts(800, seed=7)
    return fit_calibration(all_shifts(z, seed=7), z)


def test_calibration_finds_the_biases(calibration):
    """The displacement of each line that was seen, to 50 km/s."""
    np.testing.assert_allclose(calibration.bias, BIAS, atol=50 / C)


def test_consensus_is_right_where_one_line_is_not(truth, calibration):
    """NMAD is less than half that of the best line; no bias is left."""
    lines = decode(outputs_of(truth), ARCH)
    single = velocity(best(lines)[0][0], truth)
    joined = velocity(consensus(all_shifts(truth), calibration).z, truth)
    assert robust(joined)[1] < 0.5 * robust(single)[1]
    assert abs(np.median(joined)) < 30
    assert (np.abs(joined) < 3000).all()


def test_wiggle_is_gone(truth, calibration):
    """Errors follow the place in the box for the best line; not for the consensus.

    The simulated network is surest in mid-box, so that even the truth piles up there
    for the line it is surest of: the best line must exceed it, the consensus not.
    """
    lines = decode(outputs_of(truth), ARCH)
    line, single = lines.emission.confidence[0].argmax(axis=1), best(lines)[0][0]
    joined = consensus(all_shifts(truth), calibration).z
    even, before, after = (pile_up(z, line, ARCH) for z in (truth, single, joined))
    assert before - even > 0.04
    assert abs(after - even) < 0.01
    assert wiggle(joined, truth, line, ARCH) < 0.15 * wiggle(single, truth, line, ARCH)


def test_pile_up_of_even_redshifts_is_chance():
    """CIV of quasars spread evenly over boxes; the strength is of the order 1 / √n."""
    z = np.expm1(np.random.default_rng(0).uniform(np.log(2.5), np.log(5), 4000))
    assert pile_up(z, np.full(4000, 1), ARCH) < 0.06
    piled = pile_up(np.full(10, 2.0), np.full(10, 1), ARCH)
    assert piled == pytest.approx(1)


def test_edges_of_boxes_are_soft():
    """A line at an edge is proposed at the edge, not at either middle."""
    z = redshifts(2000)
    outputs = outputs_of(z, members=1, noise=0)
    soft = propose(outputs, ARCH)
    hard = np.log1p(decode(outputs, ARCH).emission.z)
    expected = np.log1p(z)[:, None] + BIAS
    place = _phase(expected)
    edge = (soft.confidence[0] > 0.3) & (np.minimum(place, 1 - place) < 0.02)
    wrong_soft, wrong_hard = (
        np.abs(u[0] - expected)[edge].mean() for u in (soft.u, hard)
    )
    assert wrong_soft < 0.5 * wrong_hard


def _phase(u):
    log_waves = (u + np.log(ARCH.heads.rest[:6])) / np.log(10)
    pixel = (log_waves - ARCH.grid.start) / ARCH.grid.step
    return pixel * ARCH.boxes / ARCH.grid.size % 1


def test_errors_are_honest(truth, calibration):
    """Errors have unit scatter in units of z_err, for quiet and noisy objects."""
    for noise in (0.01, 0.02, 0.04):
        z = truth[:1500]
        result = consensus(all_shifts(z, noise=noise, seed=3), calibration)
        pull = robust((result.z - z) / result.z_err)[1]
        assert 0.4 < pull < 2.0
    same = consensus(all_shifts(truth, seed=4), calibration)
    assert robust((same.z - truth) / same.z_err)[1] == pytest.approx(1, abs=0.15)


def test_confident_agreement_beats_one_confident_line():
    """Two lines that agree win over one, slightly surer, that is wrong."""
    u = np.log1p(np.array([[[2.0, 2.0, 0.5]]]))
    confidence = np.float32([[[0.95, 0.95, 0.99]]])
    result = consensus(Proposals(u, confidence), Calibration.unknown(3))
    assert result.z[0] == pytest.approx(2.0, abs=1e-3)
    assert result.z_alternative[0] == pytest.approx(0.5)
    assert result.support[0] == pytest.approx(1 - result.alternative[0])
    assert result.alternative[0] == pytest.approx(0.37, abs=0.02)


def test_without_another_there_is_no_alternative():
    """One line alone: full support, NaN for the rest."""
    u = np.log1p(np.full((4, 1, 1), 1.5))
    one = Proposals(u, np.ones((4, 1, 1), np.float32))
    result = consensus(one, Calibration.unknown(1))
    assert (result.z[0], result.support[0]) == (pytest.approx(1.5), 1.0)
    assert np.isnan(result.z_alternative[0])
    assert result.alternative[0] == 0


def test_proposers_that_may_not_speak_do_not_count(truth):
    """Out-of-bag: the members that trained on a quasar change nothing."""
    z = truth[:50]
    outputs = outputs_of(z)
    use = np.zeros((5, 50), bool)
    use[:2] = True
    kept = propose(outputs[:2], ARCH)
    masked = propose(outputs, ARCH, use=use)
    plain = Calibration.unknown(6)
    np.testing.assert_allclose(
        consensus(masked, plain).z, consensus(kept, plain).z, rtol=1e-9
    )


@given(st.floats(-0.02, 0.02), st.integers(0, 50))
def test_consensus_moves_with_the_proposals(step, seed):
    """All proposals stretched by one factor: so is 1 + z, and nothing else changes."""
    rng = np.random.default_rng(seed)
    u = np.log1p(rng.uniform(0.5, 3, (1, 4, 1))) + 2e-3 * rng.standard_normal((3, 4, 5))
    confidence = rng.uniform(0.1, 1, u.shape).astype(np.float32)
    plain = Calibration.unknown(5)
    one = consensus(Proposals(u, confidence), plain)
    other = consensus(Proposals(u + step, confidence), plain)
    np.testing.assert_allclose(np.log1p(other.z), np.log1p(one.z) + step, atol=1e-9)
    np.testing.assert_allclose(other.support, one.support)


def test_window_is_at_least_the_scatter(monkeypatch):
    """A small window loses support, unless the lines are known to scatter more."""
    z = redshifts(100)
    monkeypatch.setattr(module, "WINDOW", 100 / C)
    exact, rough = (
        consensus(
            all_shifts(z), Calibration((0.0,) * 6, (s / C,) * 6, 1, 0)
        ).support.mean()
        for s in (10, 700)
    )
    assert exact < 0.6 * rough
    assert Calibration.unknown(6).window == pytest.approx(2100 / C)


def test_too_few_quasars_to_calibrate():
    """Refused, with the number; a line hardly seen keeps what is assumed."""
    z = redshifts(LEAST - 1)
    with pytest.raises(ValueError, match=f"7 quasars .* at least {LEAST}"):
        fit_calibration(all_shifts(z), z)
    z = np.full(50, 3.0)
    found = fit_calibration(all_shifts(z), z)
    assert found.bias[5] == 0.0
    assert found.bias[0] != 0.0


@given(st.integers(-30, 30))
def test_moved_spectra_come_back(shift):
    """What is moved out is lost, what comes in is 0, the rest is the same."""
    rows = np.random.default_rng(0).random((2, 60)) + 1
    there = moved(rows, shift)
    back = moved(there, -shift)
    kept = back != 0
    assert kept.sum() == 2 * (60 - abs(shift))
    assert np.array_equal(back[kept], rows[kept])
    assert (there == 0).sum() == 2 * abs(shift)


class Spike:
    """A runner that sees one line, at the brightest pixel."""

    arch = Architecture(lines=("LYA", "CIV"), bal_lines=())

    def predict(self, x):
        """Return outputs of three members."""
        place = (x.argmax(axis=1) + 0.5) * 13 / 443
        box = place.astype(int)
        out = np.full((3, len(x), 2, 26), 1e-6, np.float32)
        rows = np.arange(len(x))
        out[:, rows, 0, box] = 0.99
        out[:, rows, 0, 13 + box] = place - box
        return out


def test_shifted_spectra_propose_the_same_redshift():
    """A line is where it is, wherever its spectrum was moved to."""
    flux = np.ones((4, 443), np.float32)
    pixels = np.array([60, 150, 222, 350])
    flux[np.arange(4), pixels] = 9
    ivar = np.ones_like(flux)
    ivar[3] = 0
    found = dithered(Spike(), flux, ivar, 3)
    assert found.u.shape == (9, 4, 2)
    expected = log_wave(pixels + 0.5, LOG) - np.log(1215.67)
    np.testing.assert_allclose(
        found.u[:, :3, 0], np.tile(expected[:3], (9, 1)), atol=1e-5
    )
    assert not found.confidence[:, 3].any()


def test_linear_grids_are_not_shifted():
    """A shift of equal wavelength steps is no redshift."""
    assert np.exp(log_wave(np.array(2.0), LINEAR)) == pytest.approx(3627.2)
    with pytest.raises(ValueError, match="logarithmic grid only"):
        log_wave(np.array(2.0), LINEAR, 3)


def test_shifts_average_over_whole_boxes():
    """Places in a box are hit evenly: their mean phase vanishes."""
    for count in (6, 8, 12, 16):
        pixels = np.array(shift_pixels(ARCH, count))
        assert len(set(pixels)) == count
        assert pixels.sum() == 0
        phase = np.exp(2j * np.pi * pixels * 13 / 443)
        assert np.abs(phase.mean()) < 0.05
    assert shift_pixels(ARCH, 1) == [0]


def test_pile_up_needs_a_line():
    """Refused where no line is on the grid."""
    with pytest.raises(ValueError, match="no line"):
        pile_up(np.array([9.0]), np.array([5]), ARCH)


def two_lines(apart, confidence=(1.0, 1.0), scatter=(1e-3, 1e-3)):
    """Return the consensus of a member whose two lines are apart, about z = 2."""
    u = np.log(3.0) + np.array([[[0.0, apart]]])
    found = Calibration((0.0, 0.0), scatter, 2.0, 1e-4)
    return consensus(Proposals(u, np.float32([[confidence]])), found)


@pytest.mark.parametrize(
    ("confidence", "scatter", "place"),
    [
        ((1, 1), (1e-3, 1e-3), 1 / 2),
        ((1, 1), (1e-3, 2e-3), 1 / 5),  # weights go with the inverse variance
        ((1, 0.5), (1e-3, 1e-3), 1 / 17),  # and with the fourth power of confidence
    ],
)
def test_lines_weigh_by_variance_and_confidence(confidence, scatter, place):
    """Close together, their mean has a closed form."""
    apart = 1e-6
    found = two_lines(apart, confidence, scatter)
    assert np.log1p(found.z[0]) - np.log(3) == pytest.approx(place * apart, rel=1e-3)


@pytest.mark.parametrize("apart", [1e-4, -1e-4])
def test_errors_have_a_closed_form(apart):
    """Two equal lines: half their distance over √2, with scale and floor, in z."""
    found = two_lines(apart)
    spread = abs(apart) / 2 / np.sqrt(2)
    assert found.spread[0] == pytest.approx(spread, rel=1e-3)
    expected = (1 + found.z[0]) * np.hypot(1e-4, 2 * spread)
    assert found.z_err[0] == pytest.approx(expected, rel=1e-3)


def test_errors_grow_where_little_is_seen():
    """By powers of S/N, within limits, and of the odds of the best line."""
    found = Calibration((0.0,), (1e-3,), 2.0, 1e-4, -0.5, -0.25)
    plain = found.error(1e-3, np.array([1.0, 4.0, 1e-9, 0.1, np.nan]), 0.5)
    np.testing.assert_allclose(plain[0], np.hypot(1e-4, 2e-3))
    np.testing.assert_allclose(plain[1], np.hypot(1e-4, 1e-3))
    np.testing.assert_allclose(plain[2:], np.hypot(1e-4, 2e-3 * 10**0.5))
    sure = found.error(1e-3, 1.0, 0.9)
    assert sure == pytest.approx(np.hypot(1e-4, 2e-3 * 9**-0.25))


def test_errors_are_learned_by_the_sn():
    """Errors twice too small at a low S/N are right after it, in either half."""
    rng = np.random.default_rng(8)
    sn, spread = 10 ** rng.uniform(-1, 1, 4000), rng.lognormal(-7, 0.3, 4000)
    miss = rng.standard_normal(4000) * 3 * spread * sn**-0.4
    miss[::20] = 0.3  # another redshift altogether
    first = Calibration.unknown(6)
    found = module._errors(miss, (spread, sn, np.full(4000, 0.9)), first)
    assert found.sn == pytest.approx(-0.4, abs=0.05)
    for half in (sn < 1, sn >= 1):
        pull = (miss / found.error(spread, sn, 0.9))[half]
        assert robust(pull)[1] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("sign", [1, -1])
def test_support_ends_with_the_window(sign):
    """A second, weaker line inside of it supports the first; outside it is another."""
    for part in (0.99, 1.01):
        apart = sign * part * module.WINDOW
        found = two_lines(apart, (1.0, 0.5))
        centre = np.log1p(found.z[0]) - np.log(3)
        inside = abs(centre - apart) < module.WINDOW
        assert found.support[0] == pytest.approx(1.0 if inside else 16 / 17)
        far = two_lines(2 * apart, (1.0, 0.5))
        assert far.support[0] == pytest.approx(16 / 17)
        assert far.alternative[0] == pytest.approx(1 / 17)
        expected = np.expm1(np.log(3.0) + 2 * apart)
        assert far.z_alternative[0] == pytest.approx(expected)


def test_proposals_are_means_of_neighbouring_boxes():
    """Of the surest box and the two beside it, and of no other."""
    outputs = np.zeros((1, 1, len(ARCH.heads), 26), np.float32)
    outputs[..., 4:9] = (0.2, 0.2, 0.4, 0.2, 0.9 * 0.4)  # boxes 4 to 8, offsets 0
    found = propose(outputs, ARCH).u[0, 0]
    pixel = (0.2 * 5 + 0.4 * 6 + 0.2 * 7) / 0.8 * 443 / 13
    expected = log_wave(np.array(pixel), LOG) - np.log(ARCH.heads.rest[:6])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_wiggle_is_the_amplitude_of_the_errors():
    """400 km/s of one box's period; objects beyond 3000 km/s do not count."""
    z = np.expm1(np.random.default_rng(0).uniform(np.log(2.5), np.log(5), 2000))
    line = np.full(len(z), 1)
    phase = _phase(np.log1p(z)[:, None] * np.ones(6))[:, 1]
    error = 400 * np.sin(2 * np.pi * phase) / C
    found = z + (1 + z) * np.where(np.arange(len(z)) % 10, error, 0.02)
    assert wiggle(found, z, line, ARCH) == pytest.approx(400, rel=0.02)
