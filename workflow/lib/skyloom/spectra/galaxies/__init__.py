"""One galaxy: its spectra, and their fingerprint on the map of spectra."""
