"""The pixels of a galaxy: cutouts, noise, place on the sky, retrieval."""
