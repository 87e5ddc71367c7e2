"""``python -m spectra_noise`` writes ``resources/spectra/noise.json`` again."""

from spectra_noise.measure import write_noise

write_noise()
