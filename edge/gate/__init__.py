"""The gate: which parts of a picture are worth an inference."""
