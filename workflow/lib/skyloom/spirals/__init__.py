"""Spiral arms and bars: volunteers' drawings and votes, learned together."""
