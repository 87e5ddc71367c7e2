"""The encoder: from images to what each tile holds."""
