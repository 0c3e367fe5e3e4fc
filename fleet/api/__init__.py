"""The manager's HTTP interface, under ``/api/v1``."""
