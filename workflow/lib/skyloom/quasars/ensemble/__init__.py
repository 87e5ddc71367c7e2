"""Ensembles: which targets a member sees, and two trainers with one result."""
