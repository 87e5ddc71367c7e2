"""Galaxy spectra: a map of spectra, a fingerprint per galaxy, a map of galaxies."""
