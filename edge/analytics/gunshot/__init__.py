"""Shots: from the samples of a microphone to how many, when, how fast and from where. No sound leaves."""
