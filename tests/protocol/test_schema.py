"""What is generated: up to date, the same on every machine, and of one mind with the decoder."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from protocol import schema
from protocol.catalogue import CATALOGUE, Entry
from protocol.codec import ATTRIBUTES, encode_body, encode_event
from protocol.examples import EVENTS
from protocol.json_schema import ATTRIBUTES_NAME, all_schemas, ecma
from protocol.schema import PAGE, SCHEMAS, differences, find_checkout, generated, main, write
from tests.protocol.conformity import conforms
from tests.protocol.strategies import values

ROOT = Path(__file__).resolve().parents[2]
ALL = all_schemas()


@pytest.fixture(scope="module")
def files() -> dict[Path, str]:
    return generated()


@pytest.fixture
def checkout(tmp_path: Path, files: dict[Path, str]) -> Path:
    """A folder with everything generated, and nothing else of the project but its outline."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "protocol").mkdir()
    (tmp_path / "protocol" / "schema.py").touch()
    write(tmp_path, files)
    return tmp_path


def test_what_is_committed_is_what_the_types_say(files: dict[Path, str]) -> None:
    assert differences(ROOT, files) == []


def test_the_check_passes_here_in_any_process() -> None:
    """Sets and dictionaries must not show the order of one process's hashes."""
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "protocol.schema", "--check"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_writing_again_touches_nothing(checkout: Path, files: dict[Path, str]) -> None:
    assert differences(checkout, files) == []
    assert write(checkout, files) == []


@pytest.mark.parametrize("path", [SCHEMAS / "ack.json", SCHEMAS / "asyncapi.json", PAGE], ids=str)
def test_a_file_that_differs_is_named_and_made_anew(checkout: Path, files: dict[Path, str], path: Path) -> None:
    text = (checkout / path).read_text("utf-8")
    (checkout / path).write_text(text.replace("seq", "sequence", 1), "utf-8")
    assert differences(checkout, files) == [f"{path} differs from the types"]
    assert write(checkout, files) == [path]
    assert (checkout / path).read_text("utf-8") == text


def test_a_file_that_is_missing_is_named_and_made(checkout: Path, files: dict[Path, str]) -> None:
    (checkout / PAGE).unlink()
    assert differences(checkout, files) == [f"{PAGE} is missing"]
    assert write(checkout, files) == [PAGE]


def test_the_schema_of_a_message_that_is_no_more_is_removed(checkout: Path, files: dict[Path, str]) -> None:
    (checkout / SCHEMAS / "event.crowd.mood.json").write_text("{}")
    assert differences(checkout, files) == ["protocol/schemas/event.crowd.mood.json belongs to no message"]
    write(checkout, files)
    assert differences(checkout, files) == []


def test_windows_line_ends_are_a_difference(checkout: Path, files: dict[Path, str]) -> None:
    path = checkout / SCHEMAS / "ack.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert differences(checkout, files) != []


def test_the_command_says_what_differs_and_what_to_do(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schema, "__file__", str(checkout / "protocol" / "schema.py"))
    assert main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")
    (checkout / SCHEMAS / "reply.json").write_text("{}")
    assert main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "protocol/schemas/reply.json differs from the types" in said
    assert "make generated" in said
    assert main([]) == 0
    assert capsys.readouterr().out == "protocol/schemas/reply.json\n"
    assert main(["--check"]) == 0


@pytest.mark.parametrize("arguments", [["--chekc"], ["--check", "x"], ["x"]])
def test_an_argument_that_is_not_understood_changes_nothing(
    arguments: list[str], checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schema, "__file__", str(checkout / "protocol" / "schema.py"))
    (checkout / PAGE).unlink()
    assert main(arguments) == 2
    assert "is not understood" in capsys.readouterr().err
    assert not (checkout / PAGE).exists()


def test_an_installed_package_checks_the_checkout_that_it_stands_in(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "protocol", site / "protocol", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / SCHEMAS / "reply.json").write_text("{}")
    nowhere = tmp_path_factory.mktemp("nowhere")
    for folder, status, said in ((checkout, 1, "reply.json differs"), (nowhere, 2, "works on a checkout")):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "protocol.schema", "--check"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status
        assert said in done.stderr


def test_only_a_checkout_is_taken_for_one(checkout: Path, tmp_path: Path) -> None:
    assert find_checkout((tmp_path / "protocol", checkout)) == checkout
    assert find_checkout((ROOT / "tests", Path("/"))) is None


# what the schemas say


@pytest.mark.parametrize("name", ALL)
def test_a_schema_is_complete_in_itself(name: str) -> None:
    text = json.dumps(ALL[name])
    assert r"\\Z" not in text, "no dialect of JSON Schema knows it"
    named = ALL[name].get("$defs", {})
    referred = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert referred == set(named)
    assert text.count('"$ref"') == sum(text.count(f'"$ref": "#/$defs/{n}"') for n in named)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_the_example_conforms(entry: Entry) -> None:
    assert conforms(json.loads(entry.payload), ALL[entry.name], ALL[entry.name])


def test_the_attributes_of_every_example_conform() -> None:
    schema_ = ALL[ATTRIBUTES_NAME]
    assert schema_["required"] == list(ATTRIBUTES)
    for event in EVENTS.values():
        attributes = dict(encode_event(event).properties)
        assert conforms(attributes, schema_, schema_)
        for name in ATTRIBUTES:
            assert not conforms({k: v for k, v in attributes.items() if k != name}, schema_, schema_)
            assert not conforms({**attributes, name: "\n"}, schema_, schema_) or name == "time"
        assert not conforms({**attributes, "more": ""}, schema_, schema_)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_whatever_is_encoded_conforms(entry: Entry) -> None:
    @settings(max_examples=12)
    @given(values(entry.type))
    def encoded(body: msgspec.Struct) -> None:
        assert conforms(json.loads(encode_body(body)), ALL[entry.name], ALL[entry.name])

    encoded()


WRONG: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 0.5, 2**53, "", "x", "x" * 9000, "a\n", "2026-03-01T00:00:00Z"),
    *([], [[]], [1] * 600, {}, {"x": 1}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield from places(item, (*path, step))


def changed(value: Any, path: tuple[Any, ...], what: Any) -> Any:
    """A copy with one place changed; ``...`` takes it away."""
    value = copy.deepcopy(value)
    at = value
    for step in path[:-1]:
        at = at[step]
    if what is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = what
    return value


def taken(payload: Any, entry: Entry) -> bool:
    try:
        msgspec.json.decode(json.dumps(payload), type=entry.type)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_schema_and_decoder_agree_on_what_is_wrong(entry: Entry) -> None:
    """Another implementation that follows the schemas refuses what ours refuses, and takes what ours takes."""
    example = json.loads(entry.payload)
    rng = random.Random(entry.name)
    refused = 0
    for path in places(example):
        for what in (..., *WRONG):
            payload = changed(example, path, what)
            if rng.random() < 0.2:
                payload = {**payload, "more": 1}
            agreed = taken(payload, entry)
            assert conforms(payload, ALL[entry.name], ALL[entry.name]) == agreed, (path, what)
            refused += not agreed
    assert refused > 10


def test_patterns_are_translated() -> None:
    assert ecma(r"^[a-z]\Z") == "^[a-z]$"
    assert ecma("^https?://") == "^https?://"
