"""Write what follows from the typed configuration: editors' schema and a page.

``python -m skyloom.run.config_docs`` in the checkout (or ``make config``) writes
``workflow/schemas/config.schema.json`` and ``config/README.md``; a test holds that
they are as the classes say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from skyloom.io.atomic import write_text
from skyloom.run.areas import AREAS, whole
from skyloom.run.config import MOST

CHECKOUT = Path(__file__).resolve().parents[4]
LIMITS = {
    "exclusiveMinimum": "> {}",
    "minimum": "≥ {}",
    "exclusiveMaximum": "< {}",
    "maximum": "≤ {}",
    "minItems": "{} or more items",
    "pattern": "matches `{}`",
}
PAGE = """\
# The configuration

## Layers

A run is described by a few YAML files, its *layers*. `config.yaml` holds what every run
shares. On it lies one layer: `demo.yaml` if none is named, else the files after
`--configfile`, of which a later one wins. A layer sets what it needs; every other key
has the default below, which suits a survey. No layer inherits anything of the demo.

On the command line, `--config` sets keys too and wins over all files:
`--config 'builder={{tune: {{max_evaluations: 100}}}}'`; `null` unsets a key there. Put
the names of products or rules before `--configfile` and `--config`, which take all
words that follow.

Layers that come along: `demo.yaml`; `real.yaml`, all areas on published data;
`long.yaml`, hours instead of minutes, by which the networks that come along were made
or can be made anew (its quasars need redrock's templates, its clusters the DES Y1 list
of redMaPPer); `export.yaml`, `find_quasars.yaml`, `find_clusters.yaml`,
`place_spectra.yaml` and `find_spirals.yaml` for files of your own; `survey.yaml` and
`survey_<area>.yaml` for surveys, with paths to fill in. The head of each says what it
wants. Each set of your own files has a name of its own for the run, `--config
run=<name>`: another run of the same name takes the place of its products.

`run` names the run: its products lie in `results/<run>/`. `areas` says which areas it
has. `seed` is the one number that all randomness comes from: the same seed gives the
same bytes.

Paths of data are relative to the folder that the environment variable `SKYLOOM_DATA`
names (`data/` when it is not set); they may have blanks, but none of `{{`, `}}`, `<`
and `>`. An unknown key, a key that a layer has twice, a wrong type or range, a missing
file and settings that contradict each other stop a run before its first job, with one
message. A number without an upper limit below is 10⁹ at most. In a layer, text that
reads as a number or a date is put in quotes.

## Your own data: an example

To classify the spectra in `/data/spectra` and judge the answer by the table
`/data/spectra/truth.csv`, write a file `mine.yaml`:

```yaml
run: mine
areas: [quasars]
quasars:
  rounds: 0 # nothing is trained: the ensemble that comes with skyloom classifies
  evaluate: {{spectra: spectra, truth: spectra/truth.csv}}
```

See what would be done, then do it:

```sh
export SKYLOOM_DATA=/data
.venv/bin/snakemake --cores 2 quasars_evaluate --dry-run --configfile mine.yaml
.venv/bin/snakemake --cores 2 quasars_evaluate --configfile mine.yaml
```

The answer is in `results/mine/quasars/classified/noise1/`. After a change of
`mine.yaml` or of a file of data, the same command does again what depends on it, and
nothing else.
Formats of files, and an example for each area, are in the README of the area:
[builder](../workflow/lib/skyloom/builder/README.md),
[quasars](../workflow/lib/skyloom/quasars/README.md),
[clusters](../workflow/lib/skyloom/clusters/README.md),
[spectra](../workflow/lib/skyloom/spectra/README.md) and
[spirals](../workflow/lib/skyloom/spirals/README.md).

Tables of yours (sheets, truths, lists, exports) may be CSV or TSV in UTF-8, gzipped or
not, with `,`, `;` or tabs between cells and a point in decimals; names of columns in
any case; rows without content are passed over. Identifiers are read exactly
(`39627788403084375`, also with `.0`), from text columns too; what a spreadsheet or a
column of floats has rounded (`3.96E+16`) is refused. A redshift that nobody knows is an
empty cell or -1.

What is fetched from archives is compared with a list of checksums where one is named,
and looked at by the reader of its format, before it counts as there.

## How to do again what failed

Start the same command again: it goes on where it was. What there is to do before:

- **A job failed.** The console names the job and its log. Mend the cause, and start the
  command again: that job, and what waits for it, are done again; objects of the job
  that were finished are kept. With `--keep-going` other jobs go on meanwhile.
- **Single objects failed** (`"status": "failed"` in a file, or a reason in the row of a
  table). That is a result: the object could not be used, and the reason says why. Put a
  better file in the place of the bad one, and start the command again: what depends on
  it is done again by itself.
- **You want a product again, though nothing has changed.** Ask for it with `--force`:
  the job that makes it is done again, for all objects of the job. What is made from it
  follows at the next start.
- **You stopped the run with Ctrl-C.** Nothing.
- **The run was killed, or the machine went down.** Take the lock off, then start the
  command again with `--rerun-incomplete`.
- **A download failed.** Nothing: files that arrived whole are kept.
- **A job was out of memory or time, on a cluster.** It is tried twice more with more of
  both. Then give it more: `--set-resources <rule>:mem_mb=16000` [MB], or `runtime=600`
  [minutes].
- **The launcher on a cluster was killed.** Nothing: it cancels first what is left in
  the queue.

After the demo was killed:

```sh
.venv/bin/snakemake --unlock
.venv/bin/snakemake --cores all --rerun-incomplete
```

One galaxy's model again, of the demo:

```sh
.venv/bin/snakemake --cores all --force results/demo/builder/models/100001.json
```

A product that was deleted is made again when it is asked for, or something needs it.

## The keys

This page is written by `make config` from the classes in
`workflow/lib/skyloom/<area>/config.py`; `workflow/schemas/config.schema.json`, written
with it, gives editors completion.
{sections}"""


def documents() -> dict[str, str]:
    """Return the texts of the generated files, by their paths in the checkout."""
    schema = whole(AREAS).model_json_schema()
    schema["title"] = "skyloom"
    page = PAGE.format(sections="".join(_sections(schema)))
    return {
        "workflow/schemas/config.schema.json": json.dumps(schema, indent=1) + "\n",
        "config/README.md": page,
    }


def _sections(schema: Mapping) -> Iterator[str]:
    """Yield a table for what is shared and for each section of an area."""
    keys = schema["properties"]
    shared = {name: node for name, node in keys.items() if name not in AREAS}
    yield from _table("What all areas share", schema | {"properties": shared}, schema)
    for area in AREAS:
        yield from _table(f"`{area}`", _resolved(keys[area], schema), schema)


def _table(title: str, section: Mapping, schema: Mapping) -> Iterator[str]:
    about = section.get("description", "").strip()
    yield f"\n## {title}\n" + (f"\n{about}\n" if about else "")
    yield "\n| key | type | default | meaning |\n|---|---|---|---|\n"
    yield from _rows(section, schema, "")


def _rows(section: Mapping, schema: Mapping, prefix: str) -> Iterator[str]:
    for name, node in section["properties"].items():
        full = _resolved(node, schema)
        if "properties" in full:
            yield f"| **`{prefix}{name}`** | | | **{_text(full)}** |\n"
            yield from _rows(full, schema, f"{prefix}{name}.")
        else:
            default = json.dumps(full.get("default"), ensure_ascii=False)
            cells = f"`{prefix}{name}` | {_kind(full, schema)} | `{default}`"
            yield f"| {cells} | {_text(full)} |\n"


def _resolved(node: Mapping, schema: Mapping) -> dict:
    """Return a node with the definition that it refers to; its own words win."""
    if "$ref" not in node:
        return dict(node)
    target = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **{k: v for k, v in node.items() if k != "$ref"}}


def _kind(node: Mapping, schema: Mapping) -> str:
    """Return the type of a key in words, with its limits."""
    if "$ref" in node:
        return _kind(_resolved(node, schema), schema)
    if "anyOf" in node:
        return " or ".join(_kind(one, schema) for one in node["anyOf"])
    if "enum" in node or "const" in node:
        options = node.get("enum", [node.get("const")])
        return " or ".join(f"`{option}`" for option in options)
    name = node.get("type", "any")
    if name == "array":
        name = _list(node, schema)
    told = {k: text for k, text in LIMITS.items() if k in node}
    if "prefixItems" in node:
        told.pop("minItems", None)
    limits = [told[k].format(node[k]) for k in told if node[k] != MOST]
    return ", ".join([name, *limits]).replace("|", "\\|")


def _list(node: Mapping, schema: Mapping) -> str:
    items = node.get("prefixItems", [])
    if items:
        return f"{len(items)} × {_kind(items[0], schema)}"
    return f"list of {_kind(node.get('items', {}), schema)}"


def _text(node: Mapping) -> str:
    return " ".join(node.get("description", "").split()).replace("|", "\\|")


if __name__ == "__main__":
    for path, text in documents().items():
        write_text(CHECKOUT / path, text)
