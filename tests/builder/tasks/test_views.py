"""What the notebooks show of a catalogue."""

import invented_galaxy
import numpy as np
import pandas as pd
import pytest
from skyloom.builder.products.catalogue_flags import USES
from skyloom.builder.tasks import views


def frame() -> pd.DataFrame:
    return invented_galaxy.catalogue_table().to_pandas()


def test_preference_is_a_beta_posterior():
    """Wins and half ties count; failures do not."""
    found = views.preference([1, 1, 2, 3, np.nan], [2, 2, 2, 1, 1])
    assert (found["n"], found["k"]) == (4, 2.5)
    assert (found["alpha"], found["beta"]) == (3.0, 2.0)
    assert found["mean"] == pytest.approx(0.6)
    assert 0 < found["low"] < 0.6 < found["high"] < 1


def test_flag_counts():
    """Each flag is counted under its meaning."""
    counts = views.flag_counts(invented_galaxy.catalogue_table())
    assert counts["no fit succeeded"] == 1
    assert counts["a parameter lies at a bound; see bounds_reached"] == 1
    assert counts["the subject has no image"] == 0


def test_use_counts():
    """Each quantity is counted under its column, where it may be used."""
    table = frame()
    counts = views.use_counts(table)
    assert counts["disk_Re_arcsec"] == table["use_disk_Re"].sum()
    assert list(counts.index) == list(USES.values())


def test_repeats_are_paired_by_id():
    """Pairs with a subject outside the catalogue are left out."""
    panels = views.repeat_panels(frame(), [(1, 2), (2, 99)])
    by_label = {p.label: p for p in panels}
    chisq = by_label[views.LABELS["chisq"]]
    assert (list(chisq.first), list(chisq.second)) == ([1.2], [2.5])
    assert by_label[views.LABELS["mag"]].first_err is not None


def test_published_values_are_put_into_our_units():
    """Pixels become arcsec; the magnitude takes the multiplier it lacks (defect 1)."""
    columns = ["pogson_magnitude", "disk_Re", "bulge_Re_err", "bar_Re_err", "bar_c"]
    columns += ["flux", "chisq", "n_spirals", "disk_q", "bulge_q", "bulge_n", "bar_q"]
    columns += [f"{part}_fraction" for part in ("bulge", "bar", "spiral")]
    published = pd.DataFrame({"galaxy_builder_id": [1]} | {k: [0.5] for k in columns})
    published = published.assign(flux=100.0, bar_c=2.0)
    panels = views.published_panels(frame(), published)
    by_label = {p.label: p for p in panels}
    mag = by_label[views.LABELS["mag"]]
    assert mag.first == pytest.approx(22.5 - 2.5 * np.log10(250.0))
    size = by_label[views.LABELS["disk_Re_arcsec"]]
    assert size.first == pytest.approx(0.5 * 0.396)
    assert size.second == pytest.approx(16 * 0.396)
    chisq = by_label[views.LABELS["chisq"]]
    assert (chisq.first[0], chisq.second[0]) == (0.5, 1.2)


def test_thumbnails_of_whatever_there_is(tmp_path):
    """Failures have a thumbnail without image or model."""
    fits = {1: {"model": invented_galaxy.tuned()["model"]}, 2: {"model": None}}
    found = views.thumbnails(invented_galaxy.cutouts(tmp_path), fits)
    assert [t.label for t in found] == ["1", "2", "3"]
    assert [t.image is None for t in found] == [False, False, True]
    assert [t.model is None for t in found] == [False, True, True]
