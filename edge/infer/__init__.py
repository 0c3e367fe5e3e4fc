"""Inference: one process per accelerator, which owns its device and can be killed on a deadline."""
