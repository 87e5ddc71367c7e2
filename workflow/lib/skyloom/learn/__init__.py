"""What trainings share: splits of objects, GPUs, and Lightning resumed and logged."""
