"""Pictures, marks and votes as batches of tensors."""
