"""What the rules do, step by step: files in, files out."""
