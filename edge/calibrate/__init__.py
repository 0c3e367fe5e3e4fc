"""``lamplighter calibrate``: from places that a technician clicked and measured to the ground, and how well it is known."""
