"""``lamplighter edge aim``: what one camera sees, shown for some minutes to the technician who aims and calibrates it."""
