"""Virtual boxes: what a box would say, without its camera; everything from the guard to the wire is the real one."""
