"""The command line: ``lamplighter COMMAND ...``. Assembly only.

Rule: a command's package is imported when it is called and not before, so that a box starts in its time and runs without the
manager's, the simulator's and the model builder's packages.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """Where a command lives."""

    module: str
    summary: str
    extra: str = ""
    """Extra of the package that it needs; empty = none."""


COMMANDS: dict[str, Entry] = {
    "demo": Entry(
        "simulator.demo", "A whole city on this machine: manager, nine real agents, thirty statistical devices", "fleet"
    ),
    "edge": Entry("edge.cli", "The agent on a box: run it, check its file, aim a camera, keep its password"),
    "calibrate": Entry("edge.calibrate.cli", "Where the ground is that a camera sees, and how well that is known"),
    "watch": Entry("edge.watch", "A live view of a box in the terminal"),
    "fleet": Entry("fleet.cli", "The manager: serve the control room, make enrolment codes, accounts", "fleet"),
    "rollout": Entry("fleet.rollouts.cli", "Roll releases of models out to boxes, in groups, with a brake", "fleet"),
    "lists": Entry("fleet.lists.cli", "Hit lists of plates: draft, approve, withdraw; keys of plates", "fleet"),
    "anpr": Entry("fleet.fusion.anpr.cli", "Number plates: search with purpose and reason, hits, a path, clones", "fleet"),
    "gunshots": Entry(
        "fleet.fusion.gunshot.cli", "Shots: incidents told and not told, boxes, alerts held to high confidence", "fleet"
    ),
    "models": Entry("models.factory.cli", "Model bundles: list, build, evaluate, compare, fetch, adopt", "models"),
    "ota": Entry("ota.publisher.cli", "Updates: keys, releases of models, signing, publishing"),
    "bench": Entry("benchmarks.cli", "Measure, and compare with what must be reached", "fleet"),
}


def main() -> None:
    """Run the command named first on the command line."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(overview())
        sys.exit(0 if arguments else 2)
    if arguments[0] in {"-V", "--version"}:
        sys.stdout.write(f"lamplighter {importlib.metadata.version('lamplighter')}\n")
        return
    entry = COMMANDS.get(arguments[0])
    if entry is None:
        sys.stderr.write(f"lamplighter: there is no command {arguments[0]!r}\n\n{overview()}")
        sys.exit(2)
    try:
        module = importlib.import_module(entry.module)
        module.app(args=arguments[1:], prog_name=f"lamplighter {arguments[0]}")
    except KeyboardInterrupt:  # before the command listens for it
        sys.exit(_INTERRUPTED)
    except ModuleNotFoundError as error:
        if not entry.extra or error.name is None or error.name.split(".")[0] in _OURS:
            raise
        sys.stderr.write(
            f"lamplighter {arguments[0]} needs the package {error.name!r}, which is not installed; "
            f"install it with: pip install 'lamplighter[{entry.extra}]'\n"
        )
        sys.exit(2)


_INTERRUPTED = 130
"""As a shell counts it: 128 and the signal's number."""

_OURS = {"protocol", "hardware", "models", "ota", "edge", "fleet", "simulator", "benchmarks"}


def overview() -> str:
    """What ``lamplighter --help`` prints."""
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:{width}}  {entry.summary}" for name, entry in COMMANDS.items())
    return (
        "Lamplighter: models run on the box, only events leave it.\n\n"
        f"Usage: lamplighter COMMAND [OPTIONS]\n\n{lines}\n\n"
        "`lamplighter COMMAND --help` says more. `lamplighter --version` prints the version.\n"
    )


if __name__ == "__main__":
    main()
