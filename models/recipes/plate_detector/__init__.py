"""The plate detector: four corners of every number plate in a region of a picture."""
