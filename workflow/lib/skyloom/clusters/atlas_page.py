"""What the atlas shows at most; rules read this."""

MOST = 100  # tiles of a page, evenly among all: 490 px each
