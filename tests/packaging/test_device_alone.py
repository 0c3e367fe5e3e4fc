"""The device's part starts without the manager's, the simulator's or the model builder's packages."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement

# Module names of what the extras bring and the device does not.
HEAVY = (
    *("fastapi", "uvicorn", "starlette", "nicegui", "sqlalchemy", "alembic", "argon2", "gmqtt", "iotcore", "httpx"),
    *(
        "psutil",
        "pytest",
        "hypothesis",
        "playwright",
        "onnx",
        "tensorflow",
        "tf2onnx",
        "torch",
        "scipy",
        "shapely",
        "sounddevice",
    ),
)

WALK = """
import importlib, pkgutil, sys
for name in sys.argv[1].split(): sys.modules[name] = None
names = []
for root in ("protocol", "hardware", "models.bundle", "ota.device", "edge"):
    package = importlib.import_module(root)
    names.append(root)
    names += [m.name for m in pkgutil.walk_packages(package.__path__, root + ".")]
for name in names: importlib.import_module(name)
import lamplighter
assert "edge" in lamplighter.overview()
print(len(names))
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_every_module_of_the_device_imports_without_the_extras() -> None:
    done = run(sys.executable, "-W", "error", "-c", WALK, " ".join(HEAVY))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30


def test_the_device_requires_nothing_heavy() -> None:
    plain = {Requirement(text).name for text in requires("lamplighter") or () if "extra ==" not in text}
    assert not plain & {name.replace("_", "-") for name in HEAVY}


@pytest.mark.parametrize(
    "command", ["fleet --help", "demo --help", "models --help", "models build person-vehicle-fast", "bench --list"]
)
def test_a_missing_extra_is_named(command: str) -> None:
    code = (
        "import sys; [sys.modules.__setitem__(n, None) for n in sys.argv.pop(1).split()];import lamplighter; lamplighter.main()"
    )
    done = run(sys.executable, "-c", code, " ".join(HEAVY), *command.split())
    if done.returncode == 0:
        return  # its help needs none of the extra
    assert "Traceback" not in done.stderr
    assert "pip install 'lamplighter[" in done.stderr


def test_control_c_while_a_command_is_imported_says_nothing() -> None:
    code = (
        "import signal, sys, types, lamplighter;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell's background job is born deaf to it
        "finder = types.SimpleNamespace(find_spec=lambda *_: signal.raise_signal(signal.SIGINT));"
        "sys.meta_path.insert(0, finder); sys.argv[1:] = ['watch']; lamplighter.main()"
    )
    done = run(sys.executable, "-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_unknown_command_says_which_there_are() -> None:
    done = run(sys.executable, "-m", "lamplighter", "fly")
    assert done.returncode == 2
    assert "no command 'fly'" in done.stderr
    assert "edge" in done.stderr
