"""What a colour means on all figures of this area.

On pictures, true clusters are white circles; vermillion is what is wrong.
"""

from skyloom.clusters.finder.joint import BOTH, ENCODER, FILTER
from skyloom.plots import style

COLOURS = {
    "catalogue": style.SKY,  # of both finders
    "encoder": style.GREEN,
    "matched_filter": style.ORANGE,
    "density": style.PURPLE,
    # The encoder's probabilities: of a member, and of a centre.
    "membership": style.GREEN,
    "center": "#004D38",
}
WRONG = style.VERMILLION
# Of a cluster, by its FOUND_BY: the colour and the word of a legend.
FINDERS = {
    BOTH: (COLOURS["catalogue"], "both finders"),
    FILTER: (COLOURS["matched_filter"], "matched filter alone"),
    ENCODER: (COLOURS["encoder"], "encoder alone"),
}
