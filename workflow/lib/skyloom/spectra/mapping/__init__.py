"""A trained map of spectra: an encoder with its decoder, and prototypes on a grid."""
