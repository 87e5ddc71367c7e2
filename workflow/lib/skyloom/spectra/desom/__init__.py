"""DESOM: an autoencoder and a self-organising map in its latent space, in one loss."""
