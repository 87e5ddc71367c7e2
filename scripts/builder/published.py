"""Compare the catalogue, and the fits, with the published ones."""

from skyloom.builder.tasks.analysis import published_tree
from skyloom.builder.tasks.files import by_subject, declared
from skyloom.builder.tasks.published import chisq_tree
from skyloom.builder.tasks.tables import read_catalogue, read_published
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
published = read_published(job.input.published)
tree = published_tree(read_catalogue(job.input.catalogue), published)
files = {"models": by_subject(job.input.models)}
files["cutouts"] = by_subject(job.input.cutouts)
pattern = job.settings["paths"]["models"]
files["decoded"] = declared(pattern, files["models"], job.input.decoded)
if files["decoded"]:
    tree["chisq"] = chisq_tree(files["decoded"], files)
    job.log.info("chi2 no worse than published: %s", tree["chisq"]["no_worse"])
write_json(job.output[0], tree | {"provenance": job.provenance()})
