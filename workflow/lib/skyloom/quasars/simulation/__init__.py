"""Simulated quasars, stars, galaxies and junk, as DESI and BOSS would see them."""
