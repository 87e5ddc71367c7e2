"""What a colour means on all figures of this area.

Grey is what is about the whole galaxy, black is what volunteers say.
"""

from skyloom.plots import style

ARMS, BARS = style.SKY, style.ORANGE
EDGE_ON = "#882255"
KINDS = {"arms": ARMS, "bars": BARS}
# Of what a network learned.
HEADS = {
    "joint": style.BLUE,
    "segmentation": style.GREEN,
    "pretrained": style.PURPLE,
    "votes": style.VERMILLION,
}


def question(name: str) -> str:
    """Return the colour of a question to volunteers, or of a measured quantity."""
    if "spiral" in name or name.startswith("pitch"):
        return ARMS
    if name.startswith("bar"):
        return BARS
    return EDGE_ON if name == "disk-edge-on" else style.GREY
