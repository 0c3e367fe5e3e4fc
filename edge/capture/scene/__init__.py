"""Whether a camera shows what it should: light, sharpness, a free view, a firm stand, and the same place as before."""
