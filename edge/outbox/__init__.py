"""The outbox: what the box has said and the manager has not yet acknowledged."""
