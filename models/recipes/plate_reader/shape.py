"""Numbers that the reader's training, export and evaluation share.

The network answers with ``LINES`` lines of ``COLUMNS`` columns; each column is a class: 0 says that no character has its centre
there, 1 to 36 are the characters. A plate of one row stands on the first line whatever its place in the crop, and the second
line is silent; of a plate of two rows each has its line. Read one after the other the lines are one sequence for
connectionist temporal classification (Graves and others, 2006).
"""

WIDTH, HEIGHT = 144, 48
"""Of the crop in pixels: three times as wide as high lies between American and European plates."""
COLUMNS = 36
LINES = 2
FLOOR = 4.0
"""Added to a crop's standard deviation (levels of 255), so that the noise of an even one is not blown up to a picture."""
SPAN = 3.0
"""Standard deviations beyond which values are cut off."""
STEM = (16, 24, 32, 48, 80)
"""Channels of the layers that both lines share."""
HEAD = 96
"""Channels of each line; with STEM 42 million multiplications, 1.1 ms in 8 bits on one thread of an x86 without VNNI."""
