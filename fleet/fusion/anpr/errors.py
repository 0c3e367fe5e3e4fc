"""What can be wrong with a question about plates. The message says what to do next.

PlatesError
├── NotAllowedError     the role may not ask
├── PurposeError        no purpose of the policy, or one that this cannot be asked for
├── ReasonError         no reason
├── DecisionError       older than may be asked for without a prosecutor's decision
│   └── ClosedError     older than may be asked for at all
├── UnknownHitError     no such hit
└── QuestionError       a plate, a time or a place that cannot be asked for
RegisterError           a register that cannot be used
"""

from __future__ import annotations


class PlatesError(Exception):
    """A question that is not answered."""


class NotAllowedError(PlatesError):
    """The role does not include it."""


class PurposeError(PlatesError):
    """A purpose that there is not, or not for this."""


class ReasonError(PlatesError):
    """No reason was given."""


class DecisionError(PlatesError):
    """Older than may be asked for: it needs a prosecutor's written decision."""


class ClosedError(DecisionError):
    """Older than may be asked for, whatever was decided: the purpose is administrative."""


class UnknownHitError(PlatesError):
    """No such hit, or its time is over."""


class QuestionError(PlatesError):
    """A question that has no meaning."""


class RegisterError(Exception):
    """A register that cannot be used; the message says which line and why."""
