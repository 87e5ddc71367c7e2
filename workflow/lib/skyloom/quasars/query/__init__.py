"""Which spectra people should look at next, and what is shown to them."""
