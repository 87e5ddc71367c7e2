"""Galaxy Zoo: 3D's files, of a galaxy each."""
