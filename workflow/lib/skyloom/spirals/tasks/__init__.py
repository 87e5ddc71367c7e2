"""Rules' work: files in, files out, no science."""
