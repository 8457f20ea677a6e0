"""A server that each machine of the network can use without a key is warned of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.validate import problems_of
from tests.support.each_server import HOST, MODELS, SERVICES, THOR
from tests.support.rendered import docker, of
from tests.support.specs import problems

RULE = "open-to-the-network"
PUBLISHED = {"image": "ghcr.io/a/b:1", "ports": {"8400": 80}, "probe": {}}
KEYED = ("vllm", "llama.cpp", "sglang")
EVERY = ("0.0.0.0", "::")  # noqa: S104 - compared, never bound


def warned(folder: Path, runtime: str, **keys: Any) -> list[str]:
    """The rule's warnings of a service."""
    service = {"runtime": runtime, **SERVICES[runtime], **keys}
    board = THOR if runtime in {"trtllm", "triton"} else {}
    path = folder / "spec.yaml"
    hosts = {"a": {**HOST, **board, "services": {"x": service}}}
    path.write_text(json.dumps({"version": 1, "models": MODELS, "hosts": hosts}), "utf-8")
    found = [one for one in problems_of(path)[1] if one.rule == RULE]
    assert all(one.warning and one.service == "x" for one in found)
    return [str(one) for one in found]


@pytest.mark.parametrize("runtime", [name for name in SERVICES if name != "container"])
@pytest.mark.parametrize("host", [None, *EVERY, "192.0.2.1", "board.lab"])
def test_a_server_for_the_network_is_named(tmp_path: Path, runtime: str, host: str | None) -> None:
    (said,) = warned(tmp_path, runtime, **({"host": host} if host else {}))
    assert "each machine of the network can use this server, which asks for no key" in said
    assert "host: 127.0.0.1 if only this board asks it" in said


@pytest.mark.parametrize("runtime", [name for name in SERVICES if name != "container"])
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_a_server_for_its_board_alone_is_not(tmp_path: Path, runtime: str, host: str) -> None:
    assert warned(tmp_path, runtime, host=host) == []


@pytest.mark.parametrize("runtime", KEYED)
def test_a_key_ends_the_warning(tmp_path: Path, runtime: str) -> None:
    assert warned(tmp_path, runtime, api_key={"env": "SERVER_KEY"}) == []


def test_a_key_in_the_variable_of_the_server_ends_it(tmp_path: Path) -> None:
    assert warned(tmp_path, "vllm", env={"VLLM_API_KEY": {"env": "SERVER_KEY"}}) == []
    assert warned(tmp_path, "vllm", env={"HF_TOKEN": {"env": "SERVER_KEY"}})


def test_a_waiver_of_service_or_host_ends_it(tmp_path: Path) -> None:
    assert warned(tmp_path, "ollama", waive={RULE: "the line has a network of its own"}) == []
    host = {**HOST, "waive": {RULE: "the line has a network of its own"}}
    service = {"runtime": "ollama", **SERVICES["ollama"]}
    path = tmp_path / "spec.yaml"
    hosts = {"a": {**host, "services": {"x": service}}}
    path.write_text(json.dumps({"version": 1, "models": MODELS, "hosts": hosts}), "utf-8")
    assert problems_of(path)[1] == []


def test_a_container_is_judged_where_docker_publishes_its_ports(tmp_path: Path) -> None:
    assert warned(tmp_path, "container") == [], "its command decides where it listens"
    assert warned(tmp_path, "container", **PUBLISHED)
    assert warned(tmp_path, "container", **PUBLISHED, host="127.0.0.1") == []


@pytest.mark.parametrize(
    ("host", "published"),
    [
        (None, "8400:80"), (EVERY[0], "8400:80"), ("127.0.0.1", "127.0.0.1:8400:80"),
        ("localhost", "127.0.0.1:8400:80"), ("::1", "[::1]:8400:80"),
    ],
)  # fmt: skip
def test_ports_are_published_at_the_address(
    tmp_path: Path, host: str | None, published: str
) -> None:
    service = {"runtime": "container", **PUBLISHED, **({"host": host} if host else {})}
    body = {"version": 1, "hosts": {"a": {**HOST, "services": {"x": service}}}}
    words = docker(of(tmp_path, json.dumps(body), "a"), "x")
    assert words[words.index("-p") + 1] == published


def test_docker_publishes_at_no_name(tmp_path: Path) -> None:
    service = {"runtime": "container", **PUBLISHED, "host": "board.lab"}
    (found,) = problems(tmp_path, {}, {"a": {**HOST, "services": {"x": service}}})
    assert "found the name board.lab beside `ports`, expected an IP address" in str(found)
