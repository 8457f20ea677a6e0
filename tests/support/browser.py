"""A headless Chromium that a test drives over WebDriver, which is HTTP with JSON."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from jetfleet.errors import FleetError
from twins.packages import Program, ensure_packages

PROGRAMS = (Program("chromium", "chromium"), Program("chromedriver", "chromium-driver"))
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # https://www.w3.org/TR/webdriver2/#elements


class Browser:
    """One window; commands of https://www.w3.org/TR/webdriver2 by their paths."""

    def __init__(self, url: str, session: str) -> None:
        self._base = f"{url}/session/{session}"

    def command(self, path: str, **body: Any) -> Any:
        answer = requests.post(f"{self._base}/{path}", json=body, timeout=60)
        said = answer.json()["value"]
        assert answer.ok, said
        return said

    def open(self, path: Path) -> None:
        self.command("url", url=path.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script in the page returns; the page's own policy does not bind it."""
        return self.command("execute/sync", script=script, args=list(arguments))

    def devtools(self, method: str, **parameters: Any) -> Any:
        return self.command("goog/cdp/execute", cmd=method, params=parameters)

    def look(self, scheme: str, medium: str = "screen") -> None:
        """Show pages as to a person who likes this colour scheme, on this medium."""
        self.devtools(
            "Emulation.setEmulatedMedia",
            media=medium,
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def type(self, selector: str, text: str) -> None:
        found = self.command("element", using="css selector", value=selector)[_ELEMENT]
        self.command(f"element/{found}/value", text=text)

    def click(self, selector: str) -> None:
        found = self.command("element", using="css selector", value=selector)[_ELEMENT]
        self.command(f"element/{found}/click")

    def complaints(self) -> list[str]:
        """Everything that the console says: errors of scripts, and what the policy stopped."""
        return [entry["message"] for entry in self.command("se/log", type="browser")]

    def picture(self, path: Path) -> Path:
        """Write the whole page as a PNG."""
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def paper(self, path: Path) -> Path:
        """Write the page as it would be printed."""
        path.write_bytes(base64.b64decode(self.command("print", background=True)))
        return path


@contextmanager
def chromium(*, scripts: bool = True) -> Iterator[Browser]:
    """Start a browser; where Debian's cannot be installed the test ends with what is missing."""
    try:
        ensure_packages(PROGRAMS)
    except FleetError as error:
        pytest.fail(f"this test looks at a page in Chromium. {error}")
    driver = subprocess.Popen(
        [shutil.which("chromedriver") or "chromedriver", "--port=0"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert driver.stdout
        lines = (re.search(r"successfully on port (\d+)", line) for line in driver.stdout)
        port = next(found[1] for found in lines if found)
        url = f"http://127.0.0.1:{port}"
        session = _session(url, scripts=scripts)
        yield Browser(url, session)
        requests.delete(f"{url}/session/{session}", timeout=30)
    finally:
        driver.terminate()
        driver.wait(30)


def _session(url: str, *, scripts: bool) -> str:
    options: dict[str, Any] = {
        "args": ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1300,1000"],
    }
    if not scripts:
        options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
    wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    body = {"capabilities": {"alwaysMatch": wanted}}
    answer = requests.post(f"{url}/session", json=body, timeout=60)
    assert answer.ok, answer.text
    return str(answer.json()["value"]["sessionId"])
