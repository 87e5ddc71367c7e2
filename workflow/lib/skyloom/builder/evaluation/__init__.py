"""Fits, repeats and volunteers judged: agreement, recovery, comparisons."""
