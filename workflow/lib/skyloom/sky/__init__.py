"""Positions and directions on the sky."""
