"""A real galaxy catalogue, painted as survey images."""
