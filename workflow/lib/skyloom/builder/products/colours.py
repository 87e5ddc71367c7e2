"""What a colour means on all figures of this area.

Data are black, a whole model and what only guides the eye are grey; the outlines in
DS9 have the colours of the same names.
"""

from skyloom.plots import style

COLOURS = {
    "disk": style.BLUE,
    "bulge": style.VERMILLION,
    "bar": style.ORANGE,
    "spiral": style.GREEN,
}
# Of single arms: the colour of all of them, and others that no component has.
ARM_COLOURS = (style.GREEN, style.PURPLE, style.SKY, "#882255", "#999933")
PALE = "#BBBBBB"  # of a stroke that is of no arm
