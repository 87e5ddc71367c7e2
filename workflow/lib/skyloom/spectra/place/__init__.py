"""Apply: further spectra and cubes, placed on a trained map."""
