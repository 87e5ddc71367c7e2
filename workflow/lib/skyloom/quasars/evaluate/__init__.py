"""Evaluation: calibrated thresholds, what is found and missed, and what labels buy."""
