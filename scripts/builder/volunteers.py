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
from skyloom.builder.tasks.files import by_subject, located, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(tree=job.output)
if job.settings["source"] == "upstream":
    tables = list(job.input.gal_metadata)
    known = turns(pd.concat(read_metadata(path) for path in tables))
    models = located(job.settings["paths"]["models"], files)
    parse = partial(
        parse_upstream, models=models, turns=known, tables=tables, recipe=job.recipe
    )
else:
    export, cutouts = job.input.classifications[0], by_subject(job.input.cutouts)
    workflow = job.settings["volunteers"]["workflow_id"]
    seen = {"export": export, "rows": read_by_subject(export, files, workflow)}
    parse = partial(parse_exported, **seen, cutouts=cutouts, recipe=job.recipe)
job.each(files, parse, files=files, rescue=partial(failed_drawings, recipe=job.recipe))
