"""What a rule does to one galaxy: read its files, call the science, write its files.

Each function here is handed to `skyloom.run.job.Job.each`, with a `failed_...` twin
that writes the recorded failure of a subject in place of its product.
"""
