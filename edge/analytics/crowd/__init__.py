"""Crowd: people per zone, flow over lines, and the alarm of a zone that is too full."""
