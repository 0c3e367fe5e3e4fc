"""Bundles at run time: read, check, choose a variant, decode what a model says. Light: numpy and msgspec only."""
