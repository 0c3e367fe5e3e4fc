"""``python -m protocol.schema``: write what is generated from the types; ``--check``: say whether it is up to date.

Generated are the JSON Schemas and the AsyncAPI document in ``protocol/schemas`` (they travel in the wheel) and the page
``docs/wire-contract.md``. Both forms work on a checkout: the one that this module lies in, else the working folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from protocol.asyncapi import asyncapi
from protocol.json_schema import all_schemas
from protocol.page import page

SCHEMAS = Path("protocol/schemas")
PAGE = Path("docs/wire-contract.md")
_REMEDY = "run `make generated` and commit what it writes"


def generated() -> dict[Path, str]:
    """Every generated file, relative to the checkout, with its text."""
    files = {SCHEMAS / f"{name}.json": _json(schema) for name, schema in all_schemas().items()}
    files[SCHEMAS / "asyncapi.json"] = _json(asyncapi())
    files[PAGE] = page()
    return files


def differences(root: Path, files: Mapping[Path, str]) -> list[str]:
    """What in a checkout is not as generated: one line a file, empty when all is well."""
    found = []
    for path, text in sorted(files.items()):
        try:
            same = (root / path).read_bytes() == text.encode()
        except FileNotFoundError:
            found.append(f"{path} is missing")
        else:
            if not same:
                found.append(f"{path} differs from the types")
    return found + [f"{path} belongs to no message" for path in _strangers(root, files)]


def write(root: Path, files: Mapping[Path, str]) -> list[Path]:
    """Write what differs and remove schemas of messages that are no more. Returns what was touched."""
    touched = []
    for path, text in sorted(files.items()):
        target = root / path
        if not target.is_file() or target.read_bytes() != text.encode():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
            touched.append(path)
    for path in _strangers(root, files):
        (root / path).unlink()
        touched.append(path)
    return touched


def find_checkout(candidates: Sequence[Path]) -> Path | None:
    """The first folder that is a checkout of this project."""
    return next((f for f in candidates if (f / "pyproject.toml").is_file() and (f / "protocol" / "schema.py").is_file()), None)


def main(arguments: Sequence[str]) -> int:
    """Run the command. Returns its exit status: 0 done or up to date, 1 different, 2 called wrongly."""
    if list(arguments) not in ([], ["--check"]):
        return _say(f"python -m protocol.schema: {' '.join(arguments)!r} is not understood; use no argument or --check", 2)
    root = find_checkout((Path(__file__).resolve().parents[1], Path.cwd()))
    if root is None:
        return _say("python -m protocol.schema works on a checkout of Lamplighter; go into one", 2)
    files = generated()
    if arguments:
        found = differences(root, files)
        return _say("\n".join([*found, _REMEDY]), 1) if found else 0
    for path in write(root, files):
        sys.stdout.write(f"{path}\n")
    return 0


def _strangers(root: Path, files: Mapping[Path, str]) -> list[Path]:
    here = (path.relative_to(root) for path in sorted((root / SCHEMAS).glob("*.json")))
    return [path for path in here if path not in files]


def _say(text: str, status: int) -> int:
    sys.stderr.write(text + "\n")
    return status


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
