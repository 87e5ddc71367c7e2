"""What the atlas shows: maps of spectra and of galaxies, and what was placed."""
