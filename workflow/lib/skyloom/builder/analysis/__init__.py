"""Science with the models: pitch angles, agreement, repeats, comparisons."""
