"""Scenarios: which people, which boxes, which faults, when. Read from TOML, seeded, replayed exactly."""
