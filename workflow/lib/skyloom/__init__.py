"""skyloom: galaxy-survey machine learning from raw survey files to catalogues."""

__version__ = "0.1.0"
