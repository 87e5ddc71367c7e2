"""What trainings share: splits of objects, and Lightning resumed and logged."""
