"""What a colour means on all figures of this area.

Data are black or grey. The map, and what it makes of a spectrum, is blue and prototypes
are orange; other maps and ways of estimation have colours of their own.
"""

from skyloom.plots import style

MAP, PROTOTYPE, NEIGHBOURS = style.BLUE, style.ORANGE, style.SKY
KMEANS = style.PURPLE
# Ways to estimate labels, and to group galaxies.
WAYS = {
    "map": MAP,
    "ridge": style.VERMILLION,
    "neighbours": style.GREEN,
    "pca_kmeans": KMEANS,
    "mean_labels": "#DDCC77",
}
# Maps of spectra.
MAPS = {
    "desom": MAP,
    "som": "#882255",
    "pca_som": "#999933",
    "kmeans": KMEANS,
    "ae_som": "#44AA99",
}
# Parts of a loss and errors of a map, by what they are distances to.
PARTS = {
    "Lr": MAP,
    "Lkm": PROTOTYPE,
    "Ltop": NEIGHBOURS,
    "latent_quantization_err": PROTOTYPE,
    "latent_topographic_err": NEIGHBOURS,
    "topographic_err": style.BLACK,
}
