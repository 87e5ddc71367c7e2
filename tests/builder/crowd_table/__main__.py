"""Command line: folder of published models, CSV of repeats, file to write."""

import sys
from pathlib import Path

from skyloom.io.documents import write_json

from crowd_table.published import fit_published, split_published

fit, _ = split_published(Path(sys.argv[1]), Path(sys.argv[2]))
write_json(sys.argv[3], fit_published(fit))
