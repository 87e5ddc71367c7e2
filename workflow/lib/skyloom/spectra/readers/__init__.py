"""Readers of galaxy spectra: chunks, MaNGA, other cubes, and single spectra."""
