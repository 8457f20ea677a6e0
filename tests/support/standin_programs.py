"""Programs of the stand-in images as processes on loopback, on boards that are folders."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from twins.standins import direct
from twins.standins.hubs.content.definition import definitions
from twins.standins.registry.image import program_files
from twins.standins.registry.recipe import Recipe, recipes
from twins.standins.servers.kit import claims

THOR, ORIN, NANO = ("thor", 110, 128_731_928), ("orin", 87, 64_349_172), ("orin", 87, 7_801_856)
# A PNG of one pixel.
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def board(root: Path, kind: tuple[str, int, int]) -> Path:
    """Make the `/` of a container on a board with nothing else in its memory."""
    soc, sm, memory = kind
    (root / claims.FOLDER).mkdir(parents=True)
    (root / "proc").mkdir()
    gpu = {"soc": soc, "sm": sm, "memtotal_kib": memory, "l4t": ""}
    (root / "run/nvidia/twin-gpu.json").write_text(json.dumps(gpu))
    (root / "proc/meminfo").write_text(
        f"MemTotal: {memory} kB\nMemAvailable: {int(memory * 0.94)} kB\n"
    )
    return root


def model(folder: Path, name: str, **config: Any) -> Path:
    """Lay out a model of the hubs by its name, with other lines in its config."""
    definition = next(one for one in definitions() if one.name == name)
    for path, pieces in definition.contents():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"".join(pieces))
    if config:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    return folder


@dataclass(frozen=True)
class Program:
    """The program of an image, laid out as in it, without any library beside Python's own."""

    recipe: Recipe
    folder: Path
    root: Path

    @classmethod
    def of(cls, folder: Path, reference: str, kind: tuple[str, int, int]) -> Program:
        recipe = next(one for one in recipes().images if one.reference == reference)
        for name, content in program_files(recipe):
            path = folder / "programs/twins/standins/servers" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        root = board(folder / "board", kind)
        for file in recipe.files:
            path = root / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text)
        return cls(recipe, folder / "programs", root)

    def argv(self, *words: str) -> list[str]:
        code = (
            f"import sys; sys.path.insert(0, {str(self.folder)!r})\n"
            f"from twins.standins.servers.{self.recipe.program}.main import main; main()"
        )
        return [sys.executable, "-ISc", code, *words]

    def env(self, given: Mapping[str, str]) -> dict[str, str]:
        root = {"JETFLEET_STANDIN_ROOT": str(self.root), "JETFLEET_STANDIN_LOAD_SECONDS": "0"}
        return {"PATH": os.environ["PATH"], "HOME": str(self.root / "root"), **root, **given}

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words), env=self.env(env), capture_output=True, text=True, timeout=30,
            check=False,
        )  # fmt: skip

    @contextmanager
    def serving(
        self, *words: str, url: str, authority: Path | None = None, **env: str
    ) -> Iterator[Running]:
        """Start it and wait until something answers at a URL."""
        log = self.folder.parent / f"{free_port()}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.argv(*words), env=self.env(env), stdout=out, stderr=subprocess.STDOUT
            )
        running = Running(process, url, log, authority)
        try:
            running.wait()
            yield running
        finally:
            process.terminate()
            process.wait(timeout=10)


@dataclass(frozen=True)
class Running:
    """A program that serves at `url`."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    authority: Path | None = None

    def wait(self) -> None:
        """Return when something answers."""
        self.wait_for(self._answers)

    def wait_for(self, fact: Callable[[], bool]) -> None:
        """Return when a fact holds; fail with the log when it does not in time."""
        end = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < end:
            if fact():
                return
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())

    def _answers(self) -> bool:
        try:
            self.session().get(self.url, timeout=5)
        except requests.ConnectionError:
            return False
        return True

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session().get(self.url + path, timeout=10, **options)

    def post(self, path: str, content: Any, **options: Any) -> requests.Response:
        return self.session().post(self.url + path, json=content, timeout=10, **options)

    def session(self) -> requests.Session:
        return direct.session(self.authority)

    def chat(self, name: str, *parts: dict[str, Any], **more: Any) -> requests.Response:
        content = [{"type": "text", "text": "What is this?"}, *parts]
        messages = [{"role": "user", "content": content}]
        return self.post(
            "/v1/chat/completions", {"model": name, "messages": messages, "max_tokens": 8, **more}
        )


def picture(url: str = PIXEL) -> dict[str, Any]:
    """A part of a chat message."""
    return {"type": "image_url", "image_url": {"url": url}}


def events(answer: requests.Response) -> list[Any]:
    """The events of a stream, without the last, which must be `[DONE]`."""
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]
