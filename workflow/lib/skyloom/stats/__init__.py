"""Statistics that all areas share: intervals, bootstraps, calibration, scatter."""
