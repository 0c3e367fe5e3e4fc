"""What README and docs say can be followed: links lead somewhere, what is named is there, commands take their options."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import shlex
import subprocess
from pathlib import Path

import msgspec
import pytest
import typer.main

from edge.boxfile import BoxFile
from edge.capture.faults import FaultCode
from edge.capture.sound.faults import SoundFaultCode
from lamplighter import COMMANDS
from ota.device.errors import Why
from tests.ota.attacks import ATTACKS

MAKE_REASONS = {"Reason": 0, "NoPlan": 0, "_fault": 0, "_reason": 0, "_of_plates": 2}
"""What makes a reason, and which of its arguments is the code."""
ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*.md")])
_FOLDERS = "tests|edge|fleet|models|ota|simulator|protocol|hardware|benchmarks|docs|tools|constraints"
FAULTS: dict[str, str] = {
    found[1]: found[0] for found in re.finditer(r"^\| (\d+) \|.*$", (ROOT / "docs/faults.md").read_text("utf-8"), re.MULTILINE)
}
"""Rows of the page of faults, by number."""


def anchors(page: Path) -> set[str]:
    """Anchors as a Markdown renderer makes them from headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands() -> list[tuple[str, str]]:
    """Every ``lamplighter ...`` that stands in a block or between backquotes: page and command."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8").replace("\\\n", " ")
        blocks = re.findall(r"^ *```\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
        lines = [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", text)
        for line in lines:
            # What is explained beside a command stands after two blanks.
            for part in re.split(r" {2,}|&&|\|| > |#", re.sub(r"\[.*?\]", "", line)):
                words = part.split("ExecStart=")[-1].strip()
                if re.match(r"(\S*/)?lamplighter( |$)", words):
                    found.append((page.name, words))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(file), f"{page.name}: {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    for name in re.findall(rf"`((?:{_FOLDERS})/[\w/.\-]*)`", page.read_text("utf-8")):
        assert "NAME" in name or (ROOT / name).exists(), f"{page.name}: {name}"


def test_make_targets_that_are_named_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        for text in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE):
            assert text in targets, f"{page.name}: make {text}"


def test_help_of_make_names_every_target() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == {line.split()[0] for line in shown.splitlines()}


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda value: value)
def test_commands_take_their_options(page: str, command: str) -> None:
    _, *words = shlex.split(command)
    if not words or words[0] in {"COMMAND", "--help", "--version"}:
        return
    assert words[0] in COMMANDS, f"{page}: there is no command {words[0]}"
    node = typer.main.get_command(importlib.import_module(COMMANDS[words[0]].module).app)
    for word in words[1:]:
        if (below := getattr(node, "commands", None)) is not None:
            assert word in below, f"{page}: {command}: there is no {word}, only {', '.join(below)}"
            node = below[word]
        elif word.startswith("-"):
            options = {option for parameter in node.params for option in parameter.opts} | {"--help"}
            assert word in options, f"{page}: {command}: {word} is not an option"


def test_every_command_has_help_for_each_of_its_options() -> None:
    for entry in COMMANDS.values():
        top = typer.main.get_command(importlib.import_module(entry.module).app)
        for node in getattr(top, "commands", {"": top}).values():
            assert node.help, f"{entry.module}: {node.name}"
            for parameter in node.params:
                assert parameter.param_type_name == "argument" or parameter.help, (
                    f"{entry.module}: {node.name} {parameter.name}"
                )


@functools.cache
def functions_of(file: str) -> frozenset[str]:
    """Names of the functions in a file."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_tests_that_are_named_are_there(page: Path) -> None:
    for file, name in re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", page.read_text("utf-8")):
        assert (ROOT / file).is_file(), f"{page.name}: {file}"
        assert name in functions_of(file), f"{page.name}: {file} has no {name}"


def test_the_page_of_faults_has_every_row_with_its_tests() -> None:
    rows = [str(number) for number in (*range(1, 26), 29, *range(60, 64), *range(50, 55))]
    assert list(FAULTS) == rows
    for row, line in FAULTS.items():
        assert re.search(r"`tests/[\w/.]+::test_\w+`", line), f"row {row} names no test"


def test_what_is_named_by_its_row_is_found_from_it() -> None:
    """Tests and attacks of updates that carry the number of a row: the row on the page names their file."""
    carried = {(attack.name.split(":")[0], "tests/ota/device/test_attacks.py") for attack in ATTACKS}
    for path in (ROOT / "tests/ota").rglob("test_*.py"):
        file = str(path.relative_to(ROOT))
        for name in functions_of(file):
            numbers = re.match(r"test_rows?_(\d+(?:_and_\d+)*)_", name)
            carried |= {(row, file) for row in (numbers[1].split("_and_") if numbers else ())}
    assert len(carried) > 30, "tests of updates carry their rows"
    assert [(row, file) for row, file in sorted(carried) if f"`{file}::" not in FAULTS[row]] == []


def reasons_said() -> set[str]:
    """Codes of all reasons that a box may say against itself, but for those of updates that have a list of their own."""
    said = {code.value for code in (*FaultCode, *SoundFaultCode)}
    for path in (ROOT / "edge").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and called in MAKE_REASONS:
                given = node.args[MAKE_REASONS[called]]
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                given = node.value
            else:
                continue
            words = [each.value for each in ast.walk(given) if isinstance(each, ast.Constant)]
            found = {word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z]+(-[a-z]+)*", word)}
            said |= {f"update-{word}" for word in found} if path.name == "updates.py" else found
    return said


def test_every_reason_of_a_box_is_explained() -> None:
    said = reasons_said()
    assert len(said) > 75, "they are found"
    pages = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("technician.md", "updates.md"))
    explained = {code for words in re.findall(r"`([^`\n]+)`", pages) for code in re.findall(r"[a-z]+(?:-[a-z]+)*", words)}
    of_updates = {f"update-{why.value}" for why in Why}
    assert sorted(said - explained - of_updates) == []


def keys_of(kind: msgspec.inspect.Type) -> set[str]:
    """Names of all keys of a type, at any depth."""
    if isinstance(kind, msgspec.inspect.StructType):
        return {field.encode_name for field in kind.fields}.union(*(keys_of(field.type) for field in kind.fields))
    parts = [getattr(kind, name, ()) for name in ("type", "types", "item_type", "item_types")]
    within = [part for each in parts for part in (each if isinstance(each, tuple) else (each,))]
    return set().union(*(keys_of(part) for part in within if isinstance(part, msgspec.inspect.Type)))


def test_every_key_of_a_box_file_is_described() -> None:
    pages = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("technician.md", "updates.md"))
    described = {key for words in re.findall(r"`([^`\n]+)`", pages) for key in re.findall(r"\w+", words)}
    keys = keys_of(msgspec.inspect.type_info(BoxFile))
    assert {"credential", "horizon_s", "password_file"} <= keys, "they are found"
    assert sorted(keys - described) == []


def test_every_reason_of_an_update_has_its_remedy() -> None:
    said = (ROOT / "docs/updates.md").read_text("utf-8").partition("\n### What a box says\n")[2].partition("\n### ")[0]
    codes = [code for cell in re.findall(r"^\| (`[^|]+`) \|", said, re.MULTILINE) for code in re.findall(r"`([^`]+)`", cell)]
    assert sorted(codes) == sorted(why.value for why in Why)
