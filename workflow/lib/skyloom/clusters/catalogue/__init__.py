"""Catalogues of simulated fields: clusters, the field and stars."""
