"""Galaxy Builder: volunteers' drawings of galaxies to photometric models."""
