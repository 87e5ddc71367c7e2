"""Labels of a map: precise and covered on galaxies that were not seen."""

from dataclasses import replace

import numpy as np
import pytest
from labelled_spectra import NAMES
from skyloom.som.model import Som
from skyloom.spectra.labels.amplitudes import Amplitudes, amplitudes
from skyloom.spectra.labels.baselines import ALPHAS, METHODS, Known, Ridge, baseline
from skyloom.spectra.labels.fit import CALIBRATION, FOLDS, fit_labels, folds
from skyloom.spectra.labels.model import estimate

SHARE = 0.15


def truth(spectra):
    return spectra.info[list(NAMES)].to_numpy()


def few(spectra, count=900):
    return spectra.rows(np.arange(count))


def test_labels_of_unseen_galaxies_are_told_with_honest_intervals(survey, labels):
    """A third of the labels' spread is left as error, half of that at S/N >= 20."""
    _, unseen, made = survey
    found, true = estimate(labels, made, unseen.flux, unseen.ivar), truth(unseen)
    error, good = found.median - true, unseen.info["meansn2"] >= 20
    spread = true.std(axis=0)
    assert (
        error.std(axis=0) < [0.4 * spread[0], 0.6 * spread[1], 0.5 * spread[2]]
    ).all()
    assert (error[good].std(axis=0) < 0.35 * spread).all()
    assert (np.abs(error[good].mean(axis=0)) < 0.1 * spread).all()
    inside = (true >= found.lower) & (true <= found.upper)
    assert inside.mean() == pytest.approx(0.68, abs=0.06)
    for sn in ((5, 10), (10, 20), (20, 200)):
        rows = unseen.info["meansn2"].between(*sn)
        assert inside[rows].mean() == pytest.approx(0.68, abs=0.08), sn
    half = (found.upper - found.lower) / 2
    dim = unseen.info["meansn2"] < 10
    assert (half[dim].mean(axis=0) > 1.5 * half[good].mean(axis=0)).all()


def test_the_map_is_as_good_as_baselines_of_the_same_spectra(survey, labels):
    seen, unseen, made = survey
    known, new = (amplitudes(labels.basis, s.flux, s.ivar) for s in (seen, unseen))
    galaxies = seen.info["plateifu"].to_numpy(str)
    ours = estimate(labels, made, unseen.flux, unseen.ivar).median
    for j, name in enumerate(NAMES):
        true = unseen.info[name].to_numpy()
        value = seen.info[name].to_numpy()
        data = Known(known, value, galaxies, folds(galaxies, SHARE, 1))
        rms = {"map": np.sqrt(np.mean((ours[:, j] - true) ** 2))}
        for method, make in METHODS.items():
            low, median, high = baseline(make, data, labels.basis, new)
            rms[method] = np.sqrt(np.mean((median - true) ** 2))
            inside = ((true >= low) & (true <= high)).mean()
            assert inside == pytest.approx(0.68, abs=0.1)
        assert rms["map"] < 1.15 * min(rms["ridge"], rms["neighbours"]), (name, rms)


def test_the_ridge_is_penalised_by_what_it_does_to_other_galaxies():
    """Copies of a galaxy's spectrum tell single spectra that no penalty is needed."""
    lot = np.random.default_rng(0)
    galaxies = np.repeat(np.arange(40), 30)
    value = lot.normal(size=(40, 30))[galaxies]
    label = lot.normal(size=40)[galaxies]  # has nothing to do with the amplitudes
    none = np.zeros((len(value), 30, 30), "f4")
    known = Amplitudes(value, none, np.ones(len(value)))
    found = Ridge(Known(known, label, galaxies, galaxies % 8), None)
    assert found.model.alpha_ == ALPHAS[-1]


def test_folds_are_of_whole_galaxies():
    galaxies = np.repeat([f"g{k}" for k in range(60)], 4)
    found = folds(galaxies, 0.2, 1)
    assert set(found) == {CALIBRATION, *range(FOLDS)}
    assert len({(g, f) for g, f in zip(galaxies, found, strict=True)}) == 60
    assert (found == CALIBRATION).mean() == pytest.approx(0.2)


def test_a_constant_label_is_given_back(survey):
    seen, unseen, made = survey
    some = few(seen)
    same = replace(some, info=some.info.assign(z_h=-0.25))
    found = fit_labels(made, same, ["z_h"], SHARE, 1)
    told = estimate(found, made, unseen.flux[:50], unseen.ivar[:50])
    for ends in (told.lower, told.median, told.upper):
        np.testing.assert_allclose(ends, -0.25, atol=1e-3)


def test_a_label_that_is_missing_leaves_out_its_spectra_for_that_label_alone(survey):
    """What stands beside a missing label is used; the other label loses nothing."""
    seen, unseen, made = survey
    some = few(seen)
    lacking = np.arange(len(some)) % 3 == 0
    info = some.info.assign(z_h=some.info["z_h"].where(~lacking))
    names = ["ebv_stars", "z_h"]
    whole, gaps = (
        fit_labels(made, replace(some, info=i), names, SHARE, 1)
        for i in (some.info, info)
    )
    one, two = (
        estimate(m, made, unseen.flux[:200], unseen.ivar[:200]) for m in (whole, gaps)
    )
    assert np.isfinite(two.median).all()
    apart = np.sqrt(np.mean((two.median - one.median) ** 2, axis=0))
    assert (apart < 0.3 * one.median.std(axis=0)).all()
    assert gaps.about["spectra"] == whole.about["spectra"] == len(some)
    alone = info.assign(z_h=np.where(np.arange(len(info)) < 60, info["z_h"], np.nan))
    with pytest.raises(ValueError, match="galaxies"):
        fit_labels(made, replace(some, info=alone), names, SHARE, 1)


def test_copies_of_the_spectra_of_a_galaxy_change_nothing(survey):
    """A galaxy counts as one, however many spectra of it there are."""
    seen, unseen, made = survey
    some = few(seen)
    own = np.flatnonzero(some.info["plateifu"] == some.info["plateifu"][0])
    more = some.rows(np.concatenate([np.arange(len(some)), own, own]))
    new = unseen.flux[:80], unseen.ivar[:80]
    one, two = (
        estimate(fit_labels(made, s, ["ebv_stars"], SHARE, 1), made, *new)
        for s in (some, more)
    )
    # But for the start of the search for shapes, which is of random numbers.
    assert np.abs(two.median - one.median).max() < 0.25 * one.median.std()
    assert np.abs(two.median - one.median).mean() < 0.06 * one.median.std()
    width = (one.upper - one.lower).mean()
    assert (two.upper - two.lower).mean() == pytest.approx(width, rel=0.1)


def test_the_order_of_nodes_does_not_matter(survey):
    seen, unseen, made = survey
    order = np.random.default_rng(0).permutation(made.som.n_units)
    weights = made.som.prototypes[order].reshape(made.som.weights.shape)
    other = replace(made, som=Som(weights, made.som.topology))
    some, new = few(seen), (unseen.flux[:80], unseen.ivar[:80])
    one, two = (
        estimate(fit_labels(m, some, ["z_h"], SHARE, 1), m, *new) for m in (made, other)
    )
    np.testing.assert_allclose(two.median, one.median, atol=1e-4)
    np.testing.assert_allclose(two.upper, one.upper, atol=1e-3)
    np.testing.assert_array_equal(order[two.bmu], one.bmu)


def test_the_same_seed_gives_the_same_labels(survey):
    seen, _, made = survey
    one, two = (fit_labels(made, few(seen), ["z_h"], SHARE, 1) for _ in range(2))
    for part in ("planes", "limits"):
        a, b = (getattr(m.labels["z_h"], part) for m in (one, two))
        np.testing.assert_array_equal(a, b)


def test_spectra_without_a_good_pixel_are_told_nothing(survey, labels):
    _, unseen, made = survey
    flux, ivar = unseen.flux[:6].copy(), unseen.ivar[:6].copy()
    flux[2] = ivar[2] = 0
    found = estimate(labels, made, flux, ivar)
    np.testing.assert_array_equal(np.isnan(found.median).all(axis=1), np.arange(6) == 2)
    assert found.bmu[2] == -1
    assert np.isnan(found.distance[2])
    empty = estimate(labels, made, flux[:0], ivar[:0])
    assert empty.median.shape == (0, len(NAMES))


def test_labels_and_intervals_stay_within_what_was_learned(survey, labels):
    """Spectra like none of the training are no reason for ages of a thousand Gyr."""
    seen, unseen, made = survey
    odd = unseen.flux[:40] * np.linspace(0.1, 10, unseen.grid.pixels, dtype="f4")
    found = estimate(labels, made, odd, unseen.ivar[:40])
    learned = [labels.labels[name].limits for name in NAMES]
    low, high = np.transpose(learned)
    assert (low >= truth(seen).min(axis=0)).all()
    assert (high <= truth(seen).max(axis=0)).all()
    for ends in (found.lower, found.median, found.upper):
        assert ((ends >= low) & (ends <= high)).all()
    assert (found.lower <= found.median).all()
    assert (found.median <= found.upper).all()
    usual = estimate(labels, made, unseen.flux[:40], unseen.ivar[:40])
    assert ((found.upper - found.lower) > 2 * (usual.upper - usual.lower)).mean() > 0.9


def test_the_interval_of_a_spectrum_that_tells_nothing_is_the_whole_range(
    survey, labels
):
    """So it is of shapes that no spectrum has, bright as they may be."""
    _, unseen, made = survey
    steps = np.where(np.arange(unseen.grid.pixels) // 9 % 2, 30, -30).astype("f4")
    flux = unseen.flux[:20] + steps
    found = estimate(labels, made, flux, np.full_like(flux, 1e4))
    for j, name in enumerate(NAMES):
        low, high = labels.labels[name].limits
        np.testing.assert_array_equal(found.lower[:, j], low)
        np.testing.assert_array_equal(found.upper[:, j], high)


def test_noise_widens_intervals(survey, labels):
    _, unseen, made = survey
    rows = np.flatnonzero(unseen.info["meansn2"] > 40)[:60]
    lot = np.random.default_rng(0)
    flux, ivar = unseen.flux[rows], unseen.ivar[rows]
    more = np.sqrt(99 / np.maximum(ivar, 1e-9)) * lot.normal(size=flux.shape)
    noisy = np.where(ivar > 0, flux + more, 0).astype("f4")
    one = estimate(labels, made, flux, ivar)
    two = estimate(labels, made, noisy, ivar / 100)
    ratio = (two.upper - two.lower) / (one.upper - one.lower)
    assert (np.median(ratio, axis=0) > 2).all()
    # Some are unlike the training, which is seen where they are bright.
    assert (ratio > 1).mean() > 0.85


def test_labels_of_another_map_are_refused(survey, labels):
    _, unseen, made = survey
    other = replace(made, som=Som(made.som.weights + np.float32(0.1), "sheet"))
    with pytest.raises(ValueError, match="another map"):
        estimate(labels, other, unseen.flux[:2], unseen.ivar[:2])


def test_too_few_galaxies_are_refused(survey):
    seen, _, made = survey
    with pytest.raises(ValueError, match="galaxies"):
        fit_labels(made, few(seen, 80), ["z_h"], SHARE, 1)
