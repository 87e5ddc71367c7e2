"""How good a map of spectra is, whatever trained it."""
