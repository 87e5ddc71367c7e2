"""Querying: which spectra are most worth a look by eye, and why."""
