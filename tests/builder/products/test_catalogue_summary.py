"""What a catalogue says as a whole."""

import invented_galaxy
import numpy as np
import pandas as pd
import pytest
from skyloom.builder.products import catalogue_summary as summary
from skyloom.builder.products.catalogue import Subject, catalogue
from skyloom.io.tables import write_catalogue


def table():
    """Return a catalogue of two good subjects and a failed one."""
    crowd = invented_galaxy.aggregate()
    fits = [
        {"agg": invented_galaxy.tuned()},
        {"agg": invented_galaxy.tuned(chisq=2.5, bounds_reached=["bar.n:lower"])},
        {"agg": invented_galaxy.failed("dark")},
    ]
    rows = [Subject(i, aggregate=crowd, tuned=f) for i, f in enumerate(fits, start=1)]
    return catalogue(rows)


def test_preference_is_a_beta_posterior():
    """Wins and half ties count; failures do not."""
    found = summary.preference([1, 1, 2, 3, np.nan], [2, 2, 2, 1, 1])
    assert (found["n"], found["k"]) == (4, 2.5)
    assert (found["alpha"], found["beta"]) == (3.0, 2.0)
    assert found["mean"] == pytest.approx(0.6)
    assert 0 < found["low"] < 0.6 < found["high"] < 1


def test_flag_counts():
    """Each flag is counted under its meaning."""
    counts = summary.flag_counts(table())
    assert counts["no fit succeeded"] == 1
    assert counts["a parameter lies at a bound; see bounds_reached"] == 1
    assert counts["the subject has no image"] == 0


def test_headline():
    """Failures count as subjects, not in the medians."""
    found = summary.headline(table().to_pandas())
    assert (found["subjects"], found["with a fit"]) == (3, 2)
    assert found["median reduced chi2"] == pytest.approx((1.2 + 2.5) / 2)
    assert found["reduced chi2 below 2"] == 1
    assert found["with a parameter at a bound"] == 1


def test_repeats_are_paired_by_id():
    """Pairs with a subject outside the catalogue are left out."""
    panels = summary.repeat_panels(table().to_pandas(), [(1, 2), (2, 99)])
    by_label = {p.label: p for p in panels}
    chisq = by_label[summary.LABELS["chisq"]]
    assert (list(chisq.first), list(chisq.second)) == ([1.2], [2.5])
    assert by_label[summary.LABELS["mag"]].first_err is not None


def test_published_values_are_put_into_our_units():
    """Pixels become arcsec; the magnitude takes the multiplier it lacks (defect 1)."""
    columns = ["pogson_magnitude", "disk_Re", "bulge_Re_err", "bar_Re_err", "bar_c"]
    columns += ["flux", "chisq", "n_spirals", "disk_q", "bulge_q", "bulge_n", "bar_q"]
    columns += [f"{part}_fraction" for part in ("bulge", "bar", "spiral")]
    published = pd.DataFrame({"galaxy_builder_id": [1]} | {k: [0.5] for k in columns})
    published = published.assign(flux=100.0, bar_c=2.0)
    panels = summary.published_panels(table().to_pandas(), published)
    by_label = {p.label: p for p in panels}
    mag = by_label[summary.LABELS["mag"]]
    assert mag.first == pytest.approx(22.5 - 2.5 * np.log10(250.0))
    size = by_label[summary.LABELS["disk_Re_arcsec"]]
    assert size.first == pytest.approx(0.5 * 0.396)
    assert size.second == pytest.approx(16 * 0.396)
    chisq = by_label[summary.LABELS["chisq"]]
    assert (chisq.first[0], chisq.second[0]) == (0.5, 1.2)


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_reading_keeps_empty_text_empty(tmp_path, suffix):
    """A failed subject has no start, not one called N/A."""
    write_catalogue(tmp_path / f"c{suffix}", table())
    back = summary.read_catalogue(tmp_path / f"c{suffix}")
    assert list(back["start"]) == ["agg", "agg", ""]
    assert list(back["bounds_reached"]) == ["", "bar.n:lower", ""]
    assert back["mag"].isna().tolist() == [False, False, True]
    assert back["flags"].dtype.kind == "i"
