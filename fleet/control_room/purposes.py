"""What the page of questions about plates asks before anybody asks a question: for which purposes one may be asked.

Rule: only whoever may ask about plates is answered; questions themselves go through the API, which records them.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Depends, FastAPI

from fleet.accounts.accounts import Person
from fleet.api.app import current
from fleet.fusion.anpr.disclosing import check_role
from fleet.services import Services


def add_purposes(app: FastAPI, services: Services) -> None:
    """Add the route."""

    @app.get("/room/purposes", include_in_schema=False)
    def purposes(who: Annotated[Person, Depends(current)]) -> list[dict[str, Any]]:
        check_role(who)
        found = services.plates.policy.purposes.items()
        return [{"name": name, **msgspec.to_builtins(purpose)} for name, purpose in found]
