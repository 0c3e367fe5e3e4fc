"""Rollouts: which boxes should run which release, in groups, with a brake.

- Pure: :mod:`~fleet.rollouts.plan` (what a person wants), :mod:`~fleet.rollouts.census` (which boxes it fits),
  :mod:`~fleet.rollouts.cohort` (who comes in which group), :mod:`~fleet.rollouts.hours` (local time),
  :mod:`~fleet.rollouts.states`, :mod:`~fleet.rollouts.brake`, :mod:`~fleet.rollouts.verification` (what a box reports).
- :mod:`~fleet.rollouts.repository` reads the signed repository, :mod:`~fleet.rollouts.signer` signs orders.
- :mod:`~fleet.rollouts.decisions` is what people do; :mod:`~fleet.rollouts.scheduler` moves what they started forward, in a
  process of its own (:mod:`~fleet.rollouts.job`); both meet in the store only.
"""
