"""A simulated survey: galaxies, their images, volunteers' drawings and votes."""
