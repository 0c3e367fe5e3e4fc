"""Oversight: a person decides about each alert, and it stays on record (AI Act, article 14)."""
