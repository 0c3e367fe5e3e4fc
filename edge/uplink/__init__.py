"""The uplink: what travels between the box and the manager, over MQTT 5."""
