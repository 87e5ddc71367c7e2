"""Running an ensemble over exposures: votes, redshifts, and the tables they fill."""
