"""skyloom: galaxy-survey machine learning from raw survey files to catalogues."""

from skyloom.run.log import begin

__version__ = "0.1.0"
begin()
