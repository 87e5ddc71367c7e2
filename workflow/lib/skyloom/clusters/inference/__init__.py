"""Survey tiles through the encoder, window by window."""
