"""List all files of a run, and what each was made from."""

from skyloom.run import log, manifest
from snakemake.io import IOFile
from snakemake.persistence.file import FilePersistence

log.start(snakemake.log[0])
kept = FilePersistence(nolock=True)
manifest.write(
    snakemake.output[0], lambda path: kept.metadata(IOFile(path)), snakemake.threads
)
