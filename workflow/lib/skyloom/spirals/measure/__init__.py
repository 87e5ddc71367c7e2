"""What maps of arms and bars say: ellipses, bars, arms, on the sky and in kpc."""
