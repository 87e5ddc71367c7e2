"""Spectra at rest: their grid, their files, resampling, cuts and scaling."""
