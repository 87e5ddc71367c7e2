"""What volunteers drew, and maps of how many of them marked a place."""
