"""Tests of updates on a running box."""
