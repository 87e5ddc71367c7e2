"""The run's headline numbers: by kind of report, what is kept of it."""

TILES = ("membership", "center")
CATALOGUE = ("area", "threshold", "completeness", "purity", "purity_of_sky")
CATALOGUE += ("false_alarms", "redshift", "richness")
HEADLINES = {
    "encoder": (
        "fields",
        *(f"{kind}.{kind}_average_precision" for kind in TILES),
        *(
            f"{kind}.reliability.{figure}"
            for kind in TILES
            for figure in ("prevalence", "ece_width")
        ),
    ),
    "survey": (
        "at_false_alarms",
        "chance",
        *(f"comparison.{name}" for name in ("finders", "gains", "target")),
        *(f"catalogue.{name}" for name in CATALOGUE),
    ),
    "matches": ("rates",),
    "real_field": (
        "area",
        *(
            f"{name}.{figure}"
            for name in ("clusters", "matched_filter")
            for figure in ("threshold", "clusters_above", "above_chance")
        ),
    ),
}
