"""Options of docker that every server in a container takes, and images that are pulled ahead."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.fleet.fleet import Fleet
from jetfleet.lock import Lock
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import Workstation
from tests.support.each_server import HOST, MODELS, SERVICES, THOR
from tests.support.rendered import ROLES, content, docker, of
from tests.support.specs import problems

WRITTEN = {
    "workdir": "/work", "entrypoint": "/usr/bin/tini", "devices": ["/dev/video0", "/dev/ttyUSB0"],
    "shm_size": "2g", "ulimits": {"memlock": -1}, "mounts": {"/mnt/nvme/data": "/data"},
}  # fmt: skip


def wanted(folder: Path, runtime: str, **more: Any) -> dict[str, Any]:
    service = {"runtime": runtime, **SERVICES[runtime], **more}
    board = THOR if runtime in {"trtllm", "triton"} else {}
    host = {**HOST, **board, "services": {"x": service}}
    return of(folder, json.dumps({"version": 1, "models": MODELS, "hosts": {"a": host}}), "a")


def after_image(words: list[str]) -> list[str]:
    """The words behind the image: the one word with a repository and a version of it."""
    at = next(n for n, word in enumerate(words) if "/" in word and ":" in word.split("/")[-1]
              and word.split("/")[0].endswith((".io", ".com", "dustynv", "ollama")))  # fmt: skip
    return words[at + 1 :]


@pytest.mark.parametrize("runtime", SERVICES)
def test_every_server_takes_them(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "with").mkdir()
    plain = docker(wanted(tmp_path, runtime), "x")
    found = wanted(tmp_path / "with", runtime, **WRITTEN)
    words = docker(found, "x")
    for pair in (("--workdir", "/work"), ("--shm-size", str(2 * 2**30)),
                 ("--ulimit", "memlock=-1:-1"), ("-v", "/mnt/nvme/data:/data:ro")):  # fmt: skip
        assert pair in itertools.pairwise(words), pair
    script = content(found, "/etc/jetfleet/x/run")
    assert "/dev/video0" in script
    assert "/dev/ttyUSB0" in script
    assert words.count("--entrypoint") == 1
    assert words[words.index("--entrypoint") + 1] == "/usr/bin/tini"
    # What would have been called is what the entrypoint is given.
    own = plain[plain.index("--entrypoint") + 1] if "--entrypoint" in plain else ""
    before = [own, *after_image(plain)] if own else after_image(plain)
    assert after_image(words) == before


def test_an_image_is_pulled_ahead_and_locked(tmp_path: Path) -> None:
    host = {**HOST, "images": ["ghcr.io/a/tool:1", "ghcr.io/a/b:1"],
            "services": {"x": {"runtime": "container", **SERVICES["container"]}}}  # fmt: skip
    text = json.dumps({"version": 1, "hosts": {"a": host}})
    found = of(tmp_path, text, "a")
    assert [key for key in found if key.startswith("image:")] == [
        "image:ghcr.io/a/b:1", "image:ghcr.io/a/tool:1",
    ]  # fmt: skip
    spec, _ = load_checked(tmp_path / "spec.yaml")
    side = Workstation(known_hosts=tmp_path / "none")
    gaps = Fleet(spec, Lock(), side, "", ROLES).not_locked()
    assert "the image ghcr.io/a/tool:1 of a is not locked" in gaps


def test_an_image_ahead_needs_its_tag(tmp_path: Path) -> None:
    found = problems(tmp_path, {}, {"a": {**HOST, "images": ["ghcr.io/a/tool"]}})
    assert ["write registry, name and tag" in str(one) for one in found] == [True]


def test_a_native_ollama_has_no_mounts(tmp_path: Path) -> None:
    service = {"runtime": "ollama", "models": ["store"], "install": "native", "archives": ["o"],
               "mounts": {"/a": "/b"}}  # fmt: skip
    archive = {"source": "https://e.org/o.tgz", "sha256": "0" * 64}
    found = problems(
        tmp_path, {**MODELS, "o": archive}, {"a": {**HOST, "services": {"x": service}}}
    )
    assert [str(one) for one in found if "mounts for install: native" in str(one)]
