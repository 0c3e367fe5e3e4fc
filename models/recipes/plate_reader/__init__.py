"""plate-reader: the number on a plate, from a crop around it; trained on rendered plates alone."""
