"""Building bundles: from weights or data to a folder that may be deployed. Heavy; never on a box."""
