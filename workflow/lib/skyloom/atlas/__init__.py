"""Pages to look at a run with, in any browser and without a network."""
