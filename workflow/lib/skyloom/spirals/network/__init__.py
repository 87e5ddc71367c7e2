"""The network: maps of arms and bars, and votes."""
