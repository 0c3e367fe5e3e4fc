"""Reading a scenario file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import msgspec
import tomllib

from simulator.scenario.model import Scenario

_MAX_BYTES = 1 << 20


class ScenarioError(ValueError):
    """A scenario that cannot be played; the message names the file, the key and the remedy."""


def read_scenario(path: Path) -> Scenario:
    """Read a scenario.

    Raises:
        ScenarioError: it cannot be read, or says something that is not known.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; `lamplighter demo --scenarios` names those that are here"
        raise ScenarioError(msg) from None
    return parse_scenario(raw, str(path))


def parse_scenario(raw: bytes, name: str) -> Scenario:
    """Read a scenario's text.

    Raises:
        ScenarioError: it is not TOML, or says something that is not known.
    """
    try:
        return msgspec.convert(tomllib.loads(raw.decode("utf-8")), Scenario)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{name}: not valid TOML: {error}"
        raise ScenarioError(msg) from None
    except msgspec.ValidationError as error:
        msg = f"{name}: {error}; simulator/scenario/model.py describes every key"
        raise ScenarioError(msg) from None


def named_scenario(name: str) -> Scenario:
    """One of the scenarios that come with the package.

    Raises:
        ScenarioError: there is none of that name.
    """
    file = resources.files("simulator.scenario").joinpath("files", f"{name}.toml")
    if not file.is_file():
        msg = f"there is no scenario {name!r}; here are: {', '.join(scenario_names())}"
        raise ScenarioError(msg)
    return parse_scenario(file.read_bytes(), f"{name}.toml")


def scenario_names() -> list[str]:
    """Names of the scenarios that come with the package."""
    folder = resources.files("simulator.scenario").joinpath("files")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
