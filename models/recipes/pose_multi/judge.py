"""The judge of pose-multi: see :class:`models.factory.steps.Judge`."""

from models.recipes.movenet.judging import MovenetJudge
from models.recipes.pose_multi.recipe import POSE

_JUDGE = MovenetJudge(POSE)
figures, open, peers, judge, picture = (  # noqa: A001 - the factory's word
    _JUDGE.figures,
    _JUDGE.open,
    _JUDGE.peers,
    _JUDGE.judge,
    _JUDGE.picture,
)
