"""Tool that remakes ``resources/builder_crowd.json``: the crowd, from real volunteers.

`fit` turns volunteers' drawings and the galaxies they looked at into the parameters
that `skyloom.builder.simulation.crowd` draws from. Run it as
``python -m crowd_table MODELS REPEATS.csv OUT`` with ``workflow/lib``, ``tests`` and
``tests/builder`` on the path.
"""
