"""The privacy guard: from an observation to an event that may leave the box."""
