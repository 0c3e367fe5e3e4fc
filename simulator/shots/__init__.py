"""The demo's shots: what is planted, how each box hears it, and what a check finds."""
