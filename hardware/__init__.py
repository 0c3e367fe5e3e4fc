"""What a box is made of: accelerators, clock, memory, heat."""
