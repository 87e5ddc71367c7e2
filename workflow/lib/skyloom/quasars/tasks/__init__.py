"""What each rule does with its files, for the adapters in ``scripts/quasars``."""
