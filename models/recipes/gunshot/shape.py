"""Shape of the network that hears shots."""

from __future__ import annotations

from models.bundle.gunshot import BLAST
from models.bundle.yamnet import CLASSES, COLUMNS

LABELS = (*COLUMNS, BLAST)
"""What it tells apart, in the order of its answers: the classes of YAMNet that a bundle may name, and the simulator's."""
FIRST_TAUGHT = 67
"""Columns of the teacher before are people's voices and bodies: nobody is taught those."""
TAUGHT = CLASSES - FIRST_TAUGHT
LAYERS = ((16, 5, 2), (32, 3, 2), (40, 3, 1), (64, 3, 2), (64, 3, 1), (96, 3, 2), (96, 3, 1), (128, 3, 1))
"""Channels, size and stride of each convolution."""
FEATURES = 128
MIDDLE, SPREAD = -3.0, 2.5
"""Of a picture's logarithms: about their mean and deviation."""
