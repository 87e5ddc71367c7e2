"""Maps that DESOM is compared with: each has the same number of units."""
