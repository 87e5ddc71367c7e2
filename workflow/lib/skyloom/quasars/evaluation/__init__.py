"""Evaluation: thresholds, what is found and missed, and what changes."""
