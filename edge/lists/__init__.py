"""Hit lists and keys of plates on the box: what was signed is believed, what is secret is in memory only."""
