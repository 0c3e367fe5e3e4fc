"""The agent on the box: capture, infer, track, analyse, guard, outbox, uplink."""
