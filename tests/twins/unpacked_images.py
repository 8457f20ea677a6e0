"""Images of the stand-in registry, pulled and unpacked, with a board around them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twins import standins
from twins.standins import direct
from twins.standins.hubs.content import models
from twins.standins.registry.image import INDEX, MANIFEST
from twins.standins.registry.layer import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests


THOR = "nvcr.io/nvidia/vllm:26.01-py3"
ORIN = "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04"
MEMTOTAL = 128_731_928
FLAGS = """\
model: /models/cosmos-reason2-2b
max-model-len: 8192
media-io-kwargs: '{"video": {"num_frames": -1}}'
reasoning-parser: qwen3
gpu-memory-utilization: 0.8
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Registry:
    url: str
    cache: Path
    digests: dict[str, str]
    session: requests.Session

    def manifest(self, repository: str, name: str, kind: str) -> requests.Response:
        url = f"{self.url}/v2/{repository}/manifests/{name}"
        return self.session.get(url, headers={"Accept": kind}, timeout=10)

    def blob(self, repository: str, name: str) -> bytes:
        content = self.session.get(f"{self.url}/v2/{repository}/blobs/{name}", timeout=10).content
        assert digest(content) == name
        return content

    def pull(self, reference: str) -> dict[str, Any]:
        repository, _, tag = reference.split("/", 1)[1].rpartition(":")
        index = self.manifest(repository, tag, INDEX)
        assert digest(index.content) == self.digests[reference]
        assert index.headers["Docker-Content-Digest"] == self.digests[reference]
        again = self.manifest(repository, self.digests[reference], INDEX)
        assert again.content == index.content
        name = index.json()["manifests"][0]["digest"]
        return {"repository": repository, **self.manifest(repository, name, MANIFEST).json()}


@contextmanager
def serving(cache: Path, fleet: Path) -> Iterator[Registry]:
    """Publish all images into a cache, and serve the registry of a fleet."""
    digests = standins.prepare(cache)
    assert standins.prepare(cache) == digests
    ports = (free_port(), free_port())
    with ExitStack() as stack:
        for command in standins.commands(fleet, cache, "127.0.0.1", "127.0.0.1", ports=ports):
            log = stack.enter_context((fleet / f"{command.name}.log").open("wb"))
            env = {**os.environ, **command.env}
            process = subprocess.Popen(command.argv, env=env, stdout=log, stderr=log)
            stack.callback(process.wait, timeout=2)
            stack.callback(process.terminate)
        standins.wait_ready(cache, "127.0.0.1", "127.0.0.1", ports=ports)
        session = stack.enter_context(direct.session(standins.ca_file(cache)))
        yield Registry(f"https://127.0.0.1:{ports[0]}", cache, digests, session)


def unpacked(registry: Registry, reference: str, root: Path) -> dict[str, Any]:
    """Unpack an image with the Cosmos model and a Thor around it; returns how it is run."""
    manifest = registry.pull(reference)
    for layer in manifest["layers"]:
        blob = registry.blob(manifest["repository"], layer["digest"])
        assert layer["size"] == len(blob)
        # By the program: the tarfile of Python 3.10 and that of 3.14 have other defaults.
        subprocess.run(["tar", "-xzC", str(root)], input=blob, check=True)
    model = next(m for m in models.publish(registry.cache) if "cosmos" in m.definition.name)
    shutil.copytree(model.files[0].source.parent, root / "models/cosmos-reason2-2b")
    (root / "run/nvidia").mkdir(parents=True)
    gpu = {"soc": "thor", "sm": 110, "memtotal_kib": MEMTOTAL, "l4t": "38.2"}
    (root / "run/nvidia/twin-gpu.json").write_text(json.dumps(gpu))
    (root / "proc/meminfo").write_text(
        f"MemTotal: {MEMTOTAL} kB\nMemAvailable: {MEMTOTAL - 4_000_000} kB\n"
    )
    (root / "flags.yaml").write_text(FLAGS)
    config = json.loads(registry.blob(manifest["repository"], manifest["config"]["digest"]))
    return dict(config["config"])


@dataclass(frozen=True)
class Unpacked:
    root: Path
    config: dict[str, Any]

    def argv(self, *words: str) -> list[str]:
        return ["chroot", str(self.root), *(self.config["Entrypoint"] or []), *words]

    def env(self, **more: str) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self.config["Env"]) | more

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words),
            env=self.env(),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @contextmanager
    def serving(self, *words: str, **env: str) -> Iterator[str]:
        port = free_port()
        argv = self.argv("vllm", "serve", *words, "--port", str(port))
        process = subprocess.Popen(argv, env=self.env(**env), stderr=subprocess.PIPE, text=True)
        assert process.stderr
        try:
            assert any("Uvicorn running on http://0.0.0.0:" in line for line in process.stderr)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            assert process.wait(timeout=2) == 0
            process.stderr.close()
