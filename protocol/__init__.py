"""The wire contract of Lamplighter: what both ends must spell alike.

Import from the modules (``from protocol.events import Event``); this package re-exports nothing, so that a box loads only
what it uses.
"""
