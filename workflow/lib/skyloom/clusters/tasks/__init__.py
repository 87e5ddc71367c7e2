"""What the rules do: read files, call the science, write files."""
