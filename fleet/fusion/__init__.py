"""What several boxes say together, and none of them alone."""
