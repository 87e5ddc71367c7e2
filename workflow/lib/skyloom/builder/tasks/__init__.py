"""What the rules' scripts call: a task reads files, calls the science and writes.

The tasks of one subject are handed to `skyloom.run.job.Job.each`. Their `paths` are
the files to write, by kind, and `recipe` is what each product records of its rule. A
`failed_...` task writes the same files for a subject whose data cannot be used: the
DatumError that the other one raised is its `reason`.
"""
