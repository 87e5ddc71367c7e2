"""Simulated galaxies, and a crowd that draws them as real volunteers do."""
