"""The city without hardware: worlds, virtual devices, faults, scoring, the demo."""
