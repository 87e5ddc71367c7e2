"""Photometry, catalogue, exports and figures."""
