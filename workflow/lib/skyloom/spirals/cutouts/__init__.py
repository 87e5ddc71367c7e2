"""Images of galaxies: files, fields on the sky, colours."""
