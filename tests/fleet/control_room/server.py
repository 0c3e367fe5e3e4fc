"""The manager's web process alone, for browser tests: ``python -m tests.fleet.control_room.server DATA PORT [PLAN]``."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from fleet.processes import ManagerConfig, build_web
from fleet.store.database import url_for
from tests.fleet.control_room.town import FLEET


def main() -> None:
    """Serve until terminated."""
    data, port = Path(sys.argv[1]), int(sys.argv[2])
    plan = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    register = data / "register.csv" if (data / "register.csv").exists() else None
    config = ManagerConfig(FLEET, data, url_for(data), "127.0.0.1", port, "127.0.0.1", 1, plan=plan, register=register)
    uvicorn.run(build_web(config), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
