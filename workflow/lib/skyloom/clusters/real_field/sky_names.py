"""Names of a real field's skies, as its files have them."""

REAL = "real"
NULLS = ("permuted", "shuffled")  # skies without clusters, each with a number
PATTERN = rf"{REAL}|(?:{'|'.join(NULLS)})\d+"
# What the encoder looks at, each for the price of painting it, and the matched filter,
# for little.
LOOKED_AT = (REAL, "permuted1")
FILTERED = (REAL, *(f"{kind}{k}" for kind in NULLS for k in range(1, 6)))
