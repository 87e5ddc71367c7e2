"""A job that failed is done again, also where its products are needed by nobody new.

Snakemake 9.27 removes the files of a failed job, but notes its inputs and parameters as
if it had made them (its issue 3808). Where products of an earlier run were made from
those files, the next start would find nothing changed and leave them as they are.
"""

from __future__ import annotations

FAILED = "'failed'"  # in place of the parameters; no rule has it


def remember_failures(job: type, records: type) -> None:
    """Let Snakemake note parameters of failed jobs that no rule has.

    Parameters
    ----------
    job, records : type
        Snakemake's ``Job`` and ``PersistenceBase``.
    """
    ended, params = job.postprocess, records._params
    failed = set()

    async def postprocess(self, *given, error: bool = False, **named) -> None:
        (failed.add if error else failed.discard)(self)
        await ended(self, *given, error=error, **named)

    def noted(self, job) -> list[str]:
        return [FAILED] if job in failed else params(self, job)

    job.postprocess, records._params = postprocess, noted
