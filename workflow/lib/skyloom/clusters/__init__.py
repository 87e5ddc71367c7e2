"""Clusters: catalogues, images, an encoder, and a catalogue of clusters."""
