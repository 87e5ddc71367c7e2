"""Pictures of a map of spectra, and of how good it is."""
