"""Thresholds by DESI's target classes."""

import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.quasars.config import Config, TargetClass
from skyloom.quasars.survey.target_classes import (
    BITS,
    OTHERS,
    refuse_absent,
    row_thresholds,
)
from skyloom.run.config import ConfigError, checked

QSO, ELG, BGS = (1 << BITS[name] for name in ("QSO", "ELG", "BGS_ANY"))
ROWS = pd.DataFrame({"DESI_TARGET": [QSO, ELG, QSO | ELG, BGS | ELG, 0, -1]})
DESI = {OTHERS: 0.99, "ELG": 0.6, "BGS_ANY": 0.5}


def test_a_row_has_the_lowest_threshold_of_its_classes():
    """Of those named; OTHERS where it is of none, or where no file says."""
    found = row_thresholds(ROWS, 0.9, DESI)
    assert found.tolist() == [0.99, 0.6, 0.6, 0.5, 0.99, 0.99]


def test_without_others_the_calibrated_threshold_holds():
    """For targets of no class; and for all of them where no class is named."""
    found = row_thresholds(ROWS, 0.9, {"ELG": 0.6})
    assert found.tolist() == [0.9, 0.6, 0.6, 0.6, 0.9, 0.9]
    assert row_thresholds(ROWS, 0.9, {}) == 0.9
    assert set(row_thresholds(ROWS, 0.9, {OTHERS: 0.8})) == {0.8}


def test_classes_that_nobody_says_are_refused():
    """With the file and the key; dark tiles may lack the classes of bright ones."""
    refuse_absent("c.fits", ROWS, DESI | {"MWS_ANY": 0.5})
    unsaid = pd.DataFrame({"DESI_TARGET": np.array([-1, 0])})
    refuse_absent("c.fits", unsaid, {OTHERS: 0.9})
    said = r"c\.fits: no target says .*DESI_TARGET.*quasars\.thresholds names ELG"
    with pytest.raises(InputError, match=said):
        refuse_absent("c.fits", unsaid, {"ELG": 0.6, OTHERS: 0.9})


def test_the_key_knows_the_classes():
    """All of them and OTHERS; another name is refused with theirs."""
    assert set(TargetClass.__args__) == {*BITS, OTHERS}
    assert checked(Config, {"thresholds": DESI})
    with pytest.raises(ConfigError, match="thresholds: got 'QUASAR', expected 'LRG'"):
        checked(Config, {"thresholds": {"QUASAR": 0.5}})
