"""A page of the atlas: one HTML file with its data, pictures, style and programs.

It is plain HTML and SVG of our own, not a plotting library's canvas: screen readers
read it, the keyboard walks through it, a link leads to any view, it opens in a moment,
and it holds forms that no plotting library has.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skyloom.io.atomic import write_text
from skyloom.io.documents import plain
from skyloom.io.record import checksums, text
from skyloom.run.places import LIBRARY

if TYPE_CHECKING:  # the index is written without what makes pictures
    from skyloom.atlas.sprites import Sprite

ASSETS = LIBRARY / "skyloom" / "atlas" / "assets"
STYLE = ASSETS / "atlas.css"
PROGRAMS = (ASSETS / "core.js", ASSETS / "plot.js", ASSETS / "browser.js")
WITH = " <and the --configfile and --config of this run>"
DEMO = "demo"  # the run that needs no layer to be named
# Nothing is fetched: what a page needs, it holds.
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="provenance" content="{provenance}">
<title>{title}</title>
<style>
{style}
.sprite {{ background-image: url({sprite}); }}
</style>
</head>
<body>
<a class="skip" href="#view" onclick="document.getElementById('view').focus();return false">To the view</a>
<header>
<nav aria-label="Atlas"><a href="index.html">All areas of this run</a></nav>
<h1>{title}</h1>
{opening}
</header>
<main id="view" tabindex="-1"><noscript>This page needs JavaScript, which it holds.</noscript></main>
<footer>{closing}</footer>
<script type="application/json" id="data">{data}</script>
<script>
{programs}
</script>
</body>
</html>
"""  # noqa: E501 - HTML


def program(area: str) -> list[Path]:
    """Return the JavaScript of an area's page: ``atlas_*.js``, then ``atlas.js``."""
    folder = LIBRARY / "skyloom" / area
    return [*sorted(folder.glob("atlas_*.js")), folder / "atlas.js"]


def sums(area: str | None = None) -> dict[str, str]:
    """Return the checksums of what a page is put together from, for a rule's params."""
    return checksums([STYLE, *PROGRAMS, *(program(area) if area else ())])


def write_page(
    path: str | Path,
    *,
    title: str,
    opening: str,
    data: Mapping,
    sprite: Sprite,
    program: Path | Sequence[Path],
    provenance: Mapping,
    warnings: Sequence[str] = (),
) -> None:
    """Write the page of an area.

    Parameters
    ----------
    path : str or Path
        Of the page, ``atlas/<area>.html`` in the run's folder.
    title, opening : str
        Of the page, and what it shows and how to read it.
    data : mapping
        What the program shows, JSON-plain; identifiers are text, as numbers above
        2^53 lose digits in a browser.
    sprite : Sprite
        All pictures of the page.
    program : Path or sequence of Path
        The area's own JavaScript, read in this order.
    provenance : mapping
        Of `Job.provenance`.
    warnings : sequence of str
        What is doubtful of the whole page, shown before all else.
    """
    banners = [f'<p class="banner" role="note">{html.escape(w)}</p>' for w in warnings]
    folder = Path(path).parent.parent
    layer = "" if folder.name == DEMO else WITH
    tree = dict(data) | {"sprite": sprite.shape(), "layer": layer}
    tree["folder"] = str(folder)
    own = [program] if isinstance(program, Path) else program
    content = PAGE.format(
        policy=POLICY,
        provenance=html.escape(text(provenance), quote=True),
        title=html.escape(title),
        style=STYLE.read_text(encoding="utf-8"),
        sprite=sprite.uri(),
        opening="\n".join([f"<p>{html.escape(opening)}</p>", *banners]),
        closing=_closing(path, layer),
        data=_json(tree),
        programs="\n".join(p.read_text(encoding="utf-8") for p in (*PROGRAMS, *own)),
    )
    write_text(path, content)


def write_index(
    path: str | Path, run: str, areas: Mapping[str, str], provenance: Mapping
) -> None:
    """Write the page that leads to those of the areas, given in words."""
    rows = "\n".join(
        f'<li><a href="{area}.html">{html.escape(area)}</a>: {html.escape(words)}</li>'
        for area, words in areas.items()
    )
    content = INDEX.format(
        policy=POLICY,
        provenance=html.escape(text(provenance), quote=True),
        run=html.escape(run),
        style=STYLE.read_text(encoding="utf-8"),
        rows=rows,
    )
    write_text(path, content)


INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="provenance" content="{provenance}">
<title>skyloom: the run {run}</title>
<style>
{style}
</style>
</head>
<body>
<header><h1>skyloom: the run “{run}”</h1></header>
<main>
<p>One page an area. Each is one file that needs no network. Lists are walked through
with the arrow keys; the address holds what you see, so that a link brings it back; each
view names its files and the command that makes them again.</p>
<ul>
{rows}
</ul>
</main>
</body>
</html>
"""


def _json(tree: Mapping) -> str:
    """Return JSON that cannot end the element that holds it."""
    content = json.dumps(plain(tree), separators=(",", ":"), allow_nan=False)
    return content.replace("<", "\\u003c")


def _closing(path: str | Path, layer: str) -> str:
    command = html.escape(f".venv/bin/snakemake --cores all --force {path}{layer}")
    return f"<p>This page is made again by <code>{command}</code></p>"
