"""The agent: everything of the box put together, and what speaks for the box as a whole."""
