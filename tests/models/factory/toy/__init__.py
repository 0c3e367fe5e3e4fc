"""A recipe as small as one can be: it tells light pictures from dark ones, and everything about it is real."""
