"""The noise of real MaNGA spectra, measured: see `measure`."""
