"""Pitch angles: the hierarchical model, and what its draws say."""
