"""Turn the drawings of a chunk into models in image pixels."""

from functools import partial

import pandas as pd
from skyloom.builder.drawings.subjects import read_metadata, turns
from skyloom.builder.tasks.drawings import (
    failed_drawings,
    parse_exported,
    parse_upstream,
    read_by_subject,
)
from skyloom.builder.tasks.files import by_subject, declared, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(tree=job.output)
if job.settings["source"] == "upstream":
    tables = list(job.input.gal_metadata)
    known = turns(pd.concat(read_metadata(path) for path in tables))
    pattern = job.settings["paths"]["models"]
    given = {"models": declared(pattern, files, job.input.models)}
    seen = {"turns": known, "tables": tables}
    parse = partial(parse_upstream, files=given, **seen, recipe=job.recipe)
else:
    given = {"cutouts": by_subject(job.input.cutouts)}
    export = job.input.classifications[0]
    workflow = job.settings["volunteers"]["workflow_id"]
    seen = {"export": export, "rows": read_by_subject(export, files, workflow)}
    parse = partial(parse_exported, files=given, **seen, recipe=job.recipe)
job.each(files, parse, files=files, rescue=partial(failed_drawings, recipe=job.recipe))
