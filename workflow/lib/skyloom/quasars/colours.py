"""What a colour means on all figures of this area.

Data are black; grey are the truth and what only guides the eye.
"""

from skyloom.plots import style

COMPLETENESS, PURITY = style.ORANGE, style.BLUE
LINES = "#882255"  # emission lines, and a redshift by one of them alone
CONSENSUS = style.BLACK  # the redshift of the catalogue
TRUTH = style.GREY
WRONG = style.VERMILLION  # a redshift far from the other, a label that changes
LABELS = {"low": style.SKY, "high": style.GREEN}  # quasars by their class
# Of what says how sure a row is: the ensemble's score, and the probability made of it.
FORECASTS = {"score": style.GREY, "probability": style.BLACK}
