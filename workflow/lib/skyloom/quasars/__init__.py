"""QuasarNET ensembles: spectra, networks, surveys, queries and labels."""
