"""Models: bundles at run time; recipes, factory and zoo at build time."""
