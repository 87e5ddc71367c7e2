"""Files at the edge: readers that validate and say what is wrong, atomic writers."""
