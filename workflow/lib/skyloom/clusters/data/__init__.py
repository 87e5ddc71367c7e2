"""File data: images with their tile catalogues, on disk and in training."""
