"""Sound: one process per microphone, in whose own memory it lives for a moment; what leaves it are numbers."""
