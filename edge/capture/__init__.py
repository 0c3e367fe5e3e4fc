"""Capture: one process per source, which decodes into a ring of shared memory and stamps each picture with both clocks."""
