"""A run on a Slurm cluster: what it asks for, and what sees it through outages."""
