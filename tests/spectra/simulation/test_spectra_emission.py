"""Emission lines: their ratios, classes and light."""

import numpy as np
import pytest
from skyloom.spectra.simulation.dust import curve
from skyloom.spectra.simulation.emission import LINES, Gas, bpt, line_light


def gas(n=1, **given):
    plain = {"velocity": 0.0, "sigma": 50.0, "ebv": 0.0, "oh": 8.6, "ew_old": 1.0}
    return Gas(**{k: np.broadcast_to(v, n) for k, v in (plain | given).items()})


def ratios(lines):
    log = lines[list(LINES)].apply(np.log10)
    r3, n2 = log["oiii5008"] - log["hb4863"], log["nii6585"] - log["ha6565"]
    s2 = np.log10(lines["sii6718"] + lines["sii6733"]) - log["ha6565"]
    return r3.to_numpy(), n2.to_numpy(), s2.to_numpy()


def kauffmann(n2):
    return 0.61 / (n2 - 0.05) + 1.3


def kewley(n2):
    return 0.61 / (n2 - 0.47) + 1.19


@pytest.mark.parametrize("excitation", [-0.1, 0.0, 0.1])
def test_young_stars_make_gas_below_kauffmanns_line(excitation):
    oh = np.linspace(7.8, 8.85, 60)
    lines = line_light(
        gas(60, oh=oh, excitation=excitation, ew_old=0.0), np.ones(60), np.zeros(60)
    )
    r3, n2, _ = ratios(lines)
    assert (n2 < 0).all()
    assert (r3 < kauffmann(n2)).all()
    assert set(lines["bpt"]) == {"SF"}


@pytest.mark.parametrize("excitation", [-0.1, 0.0, 0.1])
def test_old_stars_and_nuclei_lie_above_kewleys_line_and_apart(excitation):
    old, nucleus = (
        line_light(gas(agn=agn, excitation=excitation), np.zeros(1), np.full(1, 1e38))
        for agn in (0.0, 0.95)
    )
    for lines, kind in ((old, "LINER"), (nucleus, "Seyfert")):
        r3, n2, s2 = ratios(lines)
        assert r3 > kewley(n2)
        # Schawinski et al. 2007 (MNRAS 382, 1415) and Kewley et al. 2006.
        assert (r3 > 1.05 * n2 + 0.45) == (kind == "Seyfert")
        assert (r3 > 1.89 * s2 + 0.76) == (kind == "Seyfert")
        assert list(lines["bpt"]) == [kind]


def test_a_nucleus_takes_metal_rich_gas_across_the_diagram():
    n = 40
    lines = line_light(
        gas(n, oh=8.7, agn=np.linspace(0, 0.95, n)), np.ones(n), np.full(n, 1e38)
    )
    seen = list(dict.fromkeys(lines["bpt"]))
    assert seen == ["SF", "composite", "Seyfert"]
    assert (np.diff(ratios(lines)[0]) > 0).all()


@pytest.mark.parametrize(
    ("point", "kind"),
    [
        ((-0.5, -0.6, -0.6), "SF"),
        ((0.45, -0.4, -0.4), "composite"),
        ((-0.6, -0.05, -0.3), "composite"),
        ((0.9, -0.1, -0.4), "Seyfert"),
        ((0.2, 0.1, 0.1), "LINER"),
        ((-0.3, 0.6, 0.2), "LINER"),
        ((0.6, 0.3, -0.3), "Seyfert"),
    ],
)
def test_classes(point, kind):
    assert bpt(*(np.array([x]) for x in point)) == [kind]


def test_ratios_agree_with_other_calibrations_of_the_same_paper():
    """Curti et al. 2020 fit O3N2, RS32 and R23 apart from the ratios used here."""
    oh = np.linspace(8.0, 8.8, 30)
    x = oh - 8.69
    lines = line_light(gas(30, oh=oh, ew_old=0.0), np.ones(30), np.zeros(30))
    r3, n2, s2 = ratios(lines)
    assert np.allclose(r3 - n2, 0.281 - 4.765 * x - 2.268 * x**2, atol=0.15)
    rs32 = -0.054 - 2.546 * x - 1.970 * x**2 + 0.082 * x**3 + 0.222 * x**4
    assert np.allclose(np.log10(10**r3 + 10**s2), rs32, atol=0.1)
    oxygen = lines[["oii3727", "oii3730", "oiii4960", "oiii5008"]].sum(axis=1)
    r23 = 0.527 - 1.569 * x - 1.652 * x**2 - 0.421 * x**3
    assert np.allclose(np.log10(oxygen / lines["hb4863"]), r23, atol=0.1)


def test_excitation_is_the_offset_of_high_from_low_ionisation():
    plain, excited = (
        ratios(line_light(gas(excitation=e), np.ones(1), np.zeros(1)))
        for e in (0.0, 0.1)
    )
    change = [after - before for before, after in zip(plain, excited, strict=True)]
    assert np.allclose(np.ravel(change), (0.1, -0.05, -0.05))


def test_light_of_young_stars_is_kennicutts():
    lines = line_light(gas(ew_old=0.0), np.full(1, 2.0), np.zeros(1))
    assert lines["ha6565"][0] == pytest.approx(2 / 7.9e-42)
    assert (lines["ha6565"] / lines["hb4863"])[0] == pytest.approx(2.86)


def test_light_of_old_stars_is_an_equivalent_width():
    lines = line_light(gas(ew_old=1.7), np.zeros(1), np.full(1, 3e38))
    assert lines["ha6565"][0] == pytest.approx(1.7 * 3e38)


def test_nucleus_has_its_share():
    alone, with_it = (
        line_light(gas(agn=agn), np.ones(1), np.full(1, 1e38))["ha6565"][0]
        for agn in (0.0, 0.6)
    )
    assert 1 - alone / with_it == pytest.approx(0.6)


def test_gas_has_more_dust_than_stars():
    plain, dusty = (
        line_light(gas(ebv=e), np.ones(1), np.zeros(1)) for e in (0.0, 0.22)
    )
    for name, wave in LINES.items():
        loss = -2.5 * np.log10(dusty[name][0] / plain[name][0])
        assert loss == pytest.approx(0.22 / 0.44 * curve(wave), rel=1e-4)


def test_pairs_have_their_ratios():
    lines = line_light(gas(agn=0.3), np.ones(1), np.full(1, 1e38)).iloc[0]
    assert lines["oiii5008"] / lines["oiii4960"] == pytest.approx(2.98)
    assert lines["nii6585"] / lines["nii6550"] == pytest.approx(3.05)
    assert 0.4 < lines["sii6718"] / lines["sii6733"] < 1.45
    assert 0.35 < lines["oii3730"] / lines["oii3727"] < 1.5
