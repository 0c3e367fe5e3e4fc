"""Size of the network; what training, export and evaluation agree on.

On one thread of a processor without VNNI a network of this size takes about 7 ms a region with 8-bit weights; 12 may be taken.
"""

from __future__ import annotations

WIDTH = 352
HEIGHT = 256
"""Pixels of the input: 11 to 8, between a car from the end (1.2) and from the side (2), so that little is padding."""
STEM = (16, 24)
"""Channels at strides 2 and 4."""
STAGES = (48, 72, 96)
"""Channels at strides 8, 16 and 32; each has one residual block."""
SUMS = (64, 48, 24)
"""Channels of the sums from above at strides 16, 8 and 4."""
OUTPUTS = 9
"""A score, and x and y of four corners."""
