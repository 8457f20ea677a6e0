"""What Live VLM WebUI and any other container start with."""

# ruff: noqa: S104 - options of servers
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.rendered import content, docker
from tests.support.services import after_image, given, ready, services, started


@pytest.fixture
def render(tmp_path: Path) -> Any:
    """What a board wants for the services in a text."""
    return partial(services, tmp_path)


def test_the_webui_always_gets_its_server(render: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3CR3T", "s3cr3t")
    wanted = render(
        """\
cosmos:
  runtime: vllm
  model: cosmos
  api_key: {env: S3CR3T}
  flags: {max-model-len: 256, gpu-memory-utilization: 0.65}
webui:
  runtime: live-vlm-webui
  upstream: cosmos
  max_tokens: 100
  process_every: 60
  prompt: "What's $HOME, 100%?"
"""
    )
    words = docker(wanted, "webui")
    assert started(words) == [
        "ghcr.io/nvidia-ai-iot/live-vlm-webui:0.4.0-jetson-orin",
        "python", "/usr/local/lib/jetfleet/webui", "--host", "0.0.0.0", "--port", "8090",
        "--ssl-cert", "/var/lib/jetfleet/tls/webui/cert.pem",
        "--ssl-key", "/var/lib/jetfleet/tls/webui/key.pem",
        "--api-base", "http://127.0.0.1:8000/v1", "--model", "/models/cosmos",
        "--prompt", "What's $HOME, 100%?", "--process-every", "60",
    ]  # fmt: skip
    assert "JETFLEET_MAX_TOKENS=100" in given(words, "-e")
    assert content(wanted, "/etc/jetfleet/webui/env") == "JETFLEET_UPSTREAM_KEY=s3cr3t\n"
    script = content(wanted, "/etc/jetfleet/webui/run")
    assert "for mount in /run/jtop.sock:/run/jtop.sock:ro; do" in script
    certificate = "/usr/local/lib/jetfleet/certificate /var/lib/jetfleet/tls/webui"
    assert f"{certificate} 192.0.2.12 board board.local localhost 127.0.0.1\n" in script
    about = ready(wanted, "webui")
    assert (about["kind"], about["url"], about["tls"], about["health"]) == (
        "http", "https://127.0.0.1:8090", True, "/",
    )  # fmt: skip


def test_the_webui_asks_another_host(render: Any) -> None:
    words = docker(
        render(
            "webui: {runtime: live-vlm-webui, api_base: 'http://192.0.2.11:8000/v1', "
            "served_name: qwen3-vl}"
        ),
        "webui",
    )
    assert after_image(words)[-4:] == [
        "--api-base", "http://192.0.2.11:8000/v1", "--model", "qwen3-vl",
    ]  # fmt: skip


def test_any_container_with_the_preset(render: Any) -> None:
    wanted = render(
        """\
yolo:
  runtime: container
  image: docker.io/dustynv/ultralytics:r36.4.0
  models: [resnet]
  command: [python3, -m, "http.server", "8200"]
  entrypoint: /usr/bin/env
  port: 8200
  preset: jetson-containers
  mounts: {/mnt/nvme/data: "/data:rw", /mnt/nvme/zone: /etc/timezone}
  devices: [/dev/ttyUSB0]
  env: {MODE: "a b"}
  probe: {path: /health, status: 204}
"""
    )
    script = content(wanted, "/etc/jetfleet/yolo/run")
    assert "/tmp/argus_socket:/tmp/argus_socket " in script
    assert "/etc/timezone:/etc/timezone" not in script, "two mounts at one place"
    assert "docker.sock" not in script, "who has the engine's socket is root on the board"
    assert "for device in /dev/ttyUSB0 /dev/snd /dev/bus/usb /dev/video* /dev/i2c-[0-9]" in script
    words = docker(wanted, "yolo")
    assert given(words, "-v") == [
        "/mnt/nvme/models/resnet/r1:/models/resnet:ro",
        "/mnt/nvme/data:/data",
        "/mnt/nvme/zone:/etc/timezone:ro",
    ]
    assert given(words, "--shm-size") == ["8g"]
    assert given(words, "--network") == ["host"]
    assert given(words, "--entrypoint") == ["/usr/bin/env"]
    assert after_image(words)[1:] == ["python3", "-m", "http.server", "8200"]
    assert content(wanted, "/etc/jetfleet/yolo/env") == "MODE=a b\n"
    about = ready(wanted, "yolo")
    assert (about["kind"], about["url"], about["health"], about["status"]) == (
        "http", "http://127.0.0.1:8200", "/health", 204,
    )  # fmt: skip


def test_a_container_behind_published_ports(render: Any) -> None:
    words = docker(
        render(
            "web: {runtime: container, image: docker.io/library/nginx:1.27, "
            "ports: {8080: 80}, probe: {}}"
        ),
        "web",
    )
    assert given(words, "-p") == ["8080:80"]
    assert "--network" not in words
