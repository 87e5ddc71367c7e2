"""Ensembles: which targets a member sees, and how it is trained."""
