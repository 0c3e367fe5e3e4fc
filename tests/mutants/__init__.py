"""Mutants: each takes out one named defence, and a test has to turn red.

One module for each package of the house, or part of it, names its defences; ``python -m tests.mutants`` tries them.
"""

from __future__ import annotations

from tests.mutants import (
    edge,
    edge_accelerators,
    edge_cameras,
    edge_crowd,
    edge_ground,
    edge_gunshot,
    edge_lists,
    edge_looks,
    edge_position,
    edge_processes,
    edge_scene,
    edge_sound,
    edge_updates,
    fleet,
    fleet_fusion,
    fleet_gunshots,
    fleet_gunshots_page,
    fleet_lists,
    fleet_rollouts,
    fleet_shots_told,
    models,
    ota_device_fetch,
    ota_device_state,
    ota_device_trust,
    ota_publisher,
    protocol,
)
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *protocol.MUTANTS,
    *models.MUTANTS,
    *edge.MUTANTS,
    *edge_accelerators.MUTANTS,
    *edge_ground.MUTANTS,
    *edge_cameras.MUTANTS,
    *edge_crowd.MUTANTS,
    *edge_gunshot.MUTANTS,
    *edge_lists.MUTANTS,
    *edge_looks.MUTANTS,
    *edge_position.MUTANTS,
    *edge_processes.MUTANTS,
    *edge_scene.MUTANTS,
    *edge_sound.MUTANTS,
    *edge_updates.MUTANTS,
    *ota_device_fetch.MUTANTS,
    *ota_device_state.MUTANTS,
    *ota_device_trust.MUTANTS,
    *ota_publisher.MUTANTS,
    *fleet.MUTANTS,
    *fleet_fusion.MUTANTS,
    *fleet_gunshots.MUTANTS,
    *fleet_shots_told.MUTANTS,
    *fleet_gunshots_page.MUTANTS,
    *fleet_rollouts.MUTANTS,
    *fleet_lists.MUTANTS,
)
