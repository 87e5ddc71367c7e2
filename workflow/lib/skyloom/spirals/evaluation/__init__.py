"""What maps, votes and measures are worth."""
