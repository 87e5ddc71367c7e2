"""Figures of one style: colour-blind safe, vector and raster, same data same bytes."""
