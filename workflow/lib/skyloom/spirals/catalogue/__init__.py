"""Which galaxies there are: positions, votes, matches, cuts."""
