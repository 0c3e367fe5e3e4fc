"""The box's part of an update. Light: nothing of the publisher's is imported here."""
