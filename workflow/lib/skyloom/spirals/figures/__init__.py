"""Figures of maps, votes and measures."""
