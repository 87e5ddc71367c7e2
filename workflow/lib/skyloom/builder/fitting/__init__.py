"""Rendering of models and their fit to an image."""
