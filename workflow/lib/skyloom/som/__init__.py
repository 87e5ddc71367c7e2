"""Self-organising maps: a sheet or a torus of prototypes, trained in batches."""
