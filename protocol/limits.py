"""Sizes that both ends enforce. The privacy guard rests on them: a picture does not fit through.

Rules: the agent refuses to build what is larger, the broker refuses to carry it, the manager refuses to read it.
"""

from __future__ import annotations

EVENT_BYTES = 4096
"""Largest event: JSON payload and CloudEvents attributes together."""

PACKET_BYTES = 16384
"""Largest MQTT packet of any channel; configured as the broker's and the clients' maximum packet size."""

CONFIG_BYTES = 12288
"""Largest configuration as JSON, so that it fits a packet with the report of what was refused."""

TEXT_CHARACTERS = 120
"""Longest free text in an event (a reason, a zone's name). A 32x32 grey picture in base64 is over ten times that."""

SCHEMA_MAJOR = 1
SCHEMA_MINOR = 3
"""Version of the wire contract. A newer minor version is stored raw and acknowledged, a newer major one quarantined."""
