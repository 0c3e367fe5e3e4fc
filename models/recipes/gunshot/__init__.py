"""Hears shots: a small network that learned from YAMNet on simulated and freely licensed sounds."""
