"""Cluster finders to compare with: a matched filter and a density map."""
