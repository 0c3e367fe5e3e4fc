"""yolox-nano: YOLOX-nano as its authors released it, for comparison and for cities that want it."""
