"""Tracking: joining detections over time into tracks that live for seconds and are forgotten."""
