"""The manager: identity, ingest, store, twin, oversight, and the control room where a person decides."""
