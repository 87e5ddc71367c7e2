"""What the atlas shows at most, and the programs of its page; rules read this."""

from pathlib import Path

MOST = 100  # tiles of a page, evenly among all: 490 px each
PROGRAMS = [Path(__file__).with_name(name) for name in ("atlas_field.js", "atlas.js")]
