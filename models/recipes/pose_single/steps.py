"""The steps of pose-single: see :class:`models.factory.steps.Steps`."""

from models.recipes.movenet.steps import MovenetSteps
from models.recipes.pose_single.recipe import POSE

_STEPS = MovenetSteps(POSE)
splits, reference, compile, runner, vectors = (  # noqa: A001 - the factory's word
    _STEPS.splits,
    _STEPS.reference,
    _STEPS.compile,
    _STEPS.runner,
    _STEPS.vectors,
)
