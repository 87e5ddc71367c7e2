"""Physical quantities read off a map of spectra, with intervals that are tested."""
