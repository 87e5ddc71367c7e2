"""Galaxy Builder's published volunteers as marks."""
