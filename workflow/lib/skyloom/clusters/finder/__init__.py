"""From maps of tiles to a catalogue of clusters."""
