"""The run's headline numbers: by kind of report, what is kept of it."""

HEADLINES = {
    "encoder": (
        "fields",
        "membership.membership_average_precision",
        "membership.membership_prevalence",
        "membership.membership_ece",
        "center.center_average_precision",
        "center.center_prevalence",
        "center.center_ece",
    ),
    "survey": (
        "chance",
        "comparison.finders",
        "comparison.gains",
        "comparison.target",
        "catalogue.area",
        "catalogue.threshold",
        "catalogue.completeness",
        "catalogue.purity",
        "catalogue.purity_of_sky",
        "catalogue.false_alarms",
        "catalogue.redshift",
        "catalogue.richness",
    ),
    "matches": ("rates",),
    "real_field": ("area", "threshold", "clusters_above", "false_alarms"),
}
