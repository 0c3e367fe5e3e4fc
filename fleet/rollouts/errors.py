"""Errors of rollouts: each message says what was wrong, with what value, and what to do next."""

from __future__ import annotations


class RolloutError(Exception):
    """Something about a rollout that cannot be done."""


class PlanError(RolloutError):
    """A plan that no rollout can follow."""


class UnknownRolloutError(RolloutError):
    """A rollout, bundle or release that is not there."""


class TransitionError(RolloutError):
    """A rollout cannot go from the state that it is in to the one that was asked for."""


class ConflictError(RolloutError):
    """Another rollout wants the same boxes."""


class NotAllowedError(RolloutError):
    """The role does not include it."""


class SamePersonError(RolloutError):
    """Whoever planned a rollout would approve it."""


class CatalogueError(RolloutError):
    """The repository of releases cannot be read."""
