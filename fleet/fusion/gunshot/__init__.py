"""Gunshots in the manager: what boxes heard joined into incidents, each located with an ellipse that means what it says."""
