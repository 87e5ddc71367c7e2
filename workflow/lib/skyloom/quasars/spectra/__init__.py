"""Spectra on the network's grids, their store, and the truth about them."""
