"""The keys of reports that are headline numbers of a run."""

HEADLINES = ("threshold", "completeness", "completeness_z", "purity", "purity_z")
HEADLINES += (
    "without_row",
    "false_quasars",
    "redshift",
    "redshift_refined",
    "pile_up",
    "flips",
    "gain",
)
