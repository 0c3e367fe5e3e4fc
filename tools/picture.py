"""``make picture``: the README's picture of the control room, taken from a running demo."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from simulator.loopback import HOST, free_port

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images" / "control-room.png"
LIVE_S = 75.0
"""Until the market has filled up and something is to judge."""


def main() -> int:
    """Take the picture; returns the exit status."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is not installed: make system\n")
        return 1
    port = free_port()
    with tempfile.NamedTemporaryFile() as log:
        command = [sys.executable, "-m", "lamplighter", "demo", "--port", str(port)]
        demo = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            time.sleep(LIVE_S)
            password = re.search(r"as operator with password (\S+)", Path(log.name).read_text("utf-8"))
            if password is None:
                sys.stderr.write(Path(log.name).read_text("utf-8"))
                return 1
            _take(chromium, f"http://{HOST}:{port}", password[1])
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)
    return 0


def _take(chromium: str, url: str, password: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(url)
        page.fill("#name", "operator")
        page.fill("#password", password)
        page.click("button[type=submit]")
        page.wait_for_timeout(6000)
        page.keyboard.press("j")
        page.wait_for_timeout(2000)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
