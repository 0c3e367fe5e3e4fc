"""The runtime: starts and watches sources and accelerators, and decides whose picture is looked at next."""
