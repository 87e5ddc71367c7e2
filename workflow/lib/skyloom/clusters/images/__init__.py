"""Images of catalogues: two renderers, the survey's noise and files."""
