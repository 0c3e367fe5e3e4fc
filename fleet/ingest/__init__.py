"""Ingest: from the broker into the store, and the acknowledgement back."""
