"""What a catalogue of clusters is worth."""
