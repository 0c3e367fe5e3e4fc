"""Where the ground is that a camera sees: metres, square metres, and how sure they are."""
