"""Faults as things one can hold: a link that is cut, a message that comes twice, a disk that is full, a clock that steps."""
