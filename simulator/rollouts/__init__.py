"""What the demo rolls out: releases that are really signed, a story with two people in it, and what it came to."""
