"""Secure update: what a box fetches, checks and switches to, and the signed repository that it is fetched from."""
