"""Tests of the network that hears shots."""
