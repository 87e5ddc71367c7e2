"""QuasarNET: architecture, weights in any published layout, and three runners."""
