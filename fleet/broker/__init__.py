"""Brokers: the embedded one for demonstrations and tests, mosquitto in earnest."""
