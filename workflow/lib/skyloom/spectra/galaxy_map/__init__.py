"""The map of galaxies: DESOM-2 on fingerprints, its catalogue and its judgement."""
