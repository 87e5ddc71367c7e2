"""The sections of the configuration as the library's own settings.

The schema of the area has the same names, defaults and limits; a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyloom.quasars.ensemble.settings import TrainSettings
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.query.select import Query
from skyloom.quasars.simulation.settings import Settings
from skyloom.quasars.simulation.survey import Plan
from skyloom.quasars.survey.classify import SurveySettings
from skyloom.run.config import data_path
from skyloom.run.sections import of


def targets(section: Mapping) -> Settings:
    """Return what is simulated; its templates lie among the data."""
    place = section["templates"]
    return of(Settings, {**section, "templates": place and data_path(place)})


def plan(section: Mapping) -> Plan:
    """Return the size of a simulated survey."""
    return of(Plan, section)


def architecture(section: Mapping) -> Architecture:
    """Return the shape of the networks."""
    return of(Architecture, section)


def training(section: Mapping) -> TrainSettings:
    """Return how members are trained."""
    return of(TrainSettings, section)


def survey(section: Mapping) -> SurveySettings:
    """Return how spectra are classified."""
    return of(SurveySettings, section)


def query(section: Mapping) -> Query:
    """Return what is asked of the inspectors."""
    return of(Query, section)
