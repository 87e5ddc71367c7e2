"""The sample that the map is trained and judged on, of any size."""
