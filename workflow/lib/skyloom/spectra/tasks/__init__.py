"""What the rules do: read, call the library, write."""
