"""Simulated galaxies seen through MaNGA, from stellar populations to files."""
