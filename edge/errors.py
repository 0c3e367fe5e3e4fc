"""What the agent tells a person when it cannot go on.

::

    EdgeError
     +-- ConfigurationError    the box's own file
     +-- StateFolderError      the folder for keys and the outbox
"""

from __future__ import annotations


class EdgeError(Exception):
    """Root of the errors that end a command; the message names the thing, its value and the remedy."""


class ConfigurationError(EdgeError):
    """The box's configuration file cannot be used."""


class StateFolderError(EdgeError):
    """The state folder is missing, not writable, or in use by another agent."""
