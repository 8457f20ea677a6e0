"""What a board says of itself: the program that is sent there, on files that a twin would have."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from jetfleet.board import status
from jetfleet.spec.load import load
from jetfleet.status.readings import read_status, status_script
from jetfleet.transport.frame import FRAME
from tests.support.rendered import ROOT
from twins import l4tfiles
from twins.board import board_of

HOSTS = {host.name: host for host in load(ROOT / "inventory/lab.yaml").hosts}
THERMAL = "sys/class/thermal"


def lay(root: Path, host: str = "orin") -> Path:
    """Lay out the files that a twin of a board of the lab has."""
    board = board_of(HOSTS[host])
    files = {f"sys/{path}": text for path, text in l4tfiles.sysfs(board).items()}
    files["etc/nv_tegra_release"] = l4tfiles.nv_tegra_release(board)
    files["proc/meminfo"] = l4tfiles.meminfo(board)
    files["proc/uptime"] = "3600.50 7000.00\n"
    for path, text in files.items():
        write(root / path, text)
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def readings(root: Path, **about: Any) -> Any:
    return status.readings({"services": [], "disks": [], **about}, str(root))


@pytest.mark.parametrize("host", HOSTS)
def test_a_board_at_rest(tmp_path: Path, host: str) -> None:
    said = readings(lay(tmp_path, host))
    assert said["release"].startswith("# R")
    assert said["uptime"] == 3600.5
    assert "cv0-thermal" not in said["temperatures"], "its power is gated off"
    assert max(said["temperatures"].values()) == said["temperatures"]["tj-thermal"]
    assert said["throttling"] == []
    assert said["over_current"] == {}
    share = 1 - said["memory"]["available"] / said["memory"]["total"]
    # What a twin shows at rest: 15 % of a small board, a few of a large one.
    expected = 0.15 if "nano" in host else {"thor": 0.03}.get(host, 0.04)
    assert share == pytest.approx(expected, abs=0.01)
    assert said["clocks"]["locked"] is False
    assert said["clocks"]["cpu"] > 1e8


def test_a_hot_board(tmp_path: Path) -> None:
    lay(tmp_path)
    write(tmp_path / THERMAL / "thermal_zone1/temp", "99500\n")
    write(tmp_path / THERMAL / "cooling_device0/cur_state", "4\n")  # the fan: no throttling
    write(tmp_path / THERMAL / "cooling_device2/cur_state", "1\n")
    write(tmp_path / "sys/class/hwmon/hwmon3/oc3_event_cnt", "37\n")
    said = readings(tmp_path)
    assert said["temperatures"]["gpu-thermal"] == 99.5
    assert said["throttling"] == ["gpu-throttle-alert"]
    assert said["over_current"] == {"oc3": 37}


@pytest.mark.parametrize("host", ["orin", "thor"])
def test_pinned_clocks(tmp_path: Path, host: str) -> None:
    lay(tmp_path, host)
    for most in tmp_path.glob("sys/devices/system/cpu/cpu*/cpufreq/scaling_max_freq"):
        most.with_name("scaling_min_freq").write_text(most.read_text())
    assert readings(tmp_path)["clocks"]["locked"] is False, "the GPU is free still"
    for gpu in tmp_path.glob("sys/class/devfreq/*"):
        (gpu / "min_freq").write_text((gpu / "max_freq").read_text())
        if host == "thor":  # whose frequency files may hang their reader
            (gpu / "governor").write_text("performance\n")
            (gpu / "min_freq").unlink()
            (gpu / "cur_freq").unlink()
    assert readings(tmp_path)["clocks"]["locked"] is True


def test_a_computer_that_is_no_board_says_what_it_lacks(tmp_path: Path) -> None:
    said = readings(tmp_path)
    assert said["clocks"]["locked"] is None
    assert {"release", "model", "memory"} <= set(said["errors"])
    assert "meminfo" in said["errors"]["memory"]


class Server(BaseHTTPRequestHandler):
    """Model servers of three kinds; each wants the key where one is set."""

    answers: ClassVar = {
        "/v1/models": {"data": [{"id": "qwen3"}]},
        "/api/tags": {"models": [{"name": "smollm2:135m"}, {"name": "qwen3:latest"}]},
        "/v2/repository/index": [
            {"name": "vllm_model", "state": "READY"},
            {"name": "broken", "state": "UNAVAILABLE"},
            {"name": "never-loaded"},
        ],
        "/live": "not json",
    }

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") in {None, "Bearer s3cret"}
        found = 302 if self.path == "/login" else 200 if self.path in self.answers else 403
        self.send_response(found if known else 403)
        self.send_header("Location", "/none")
        self.end_headers()
        self.wfile.write(json.dumps(self.answers.get(self.path)).encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("about", "ids"),
    [
        ({"kind": "openai", "models": ["qwen3"]}, ["qwen3"]),
        ({"kind": "ollama", "models": ["qwen3"]}, ["smollm2:135m", "qwen3:latest"]),
        ({"kind": "triton", "models": ["vllm_model"]}, ["vllm_model"]),
        ({"kind": "http", "health": "/live", "models": []}, []),
        ({"kind": "http", "health": "/none", "status": 403, "models": []}, []),
        ({"kind": "http", "health": "/login", "status": 302, "models": []}, []),
    ],
)
def test_each_kind_of_server_lists_its_models(
    tmp_path: Path, url: str, about: dict[str, Any], ids: list[str]
) -> None:
    folder = tmp_path / "etc/jetfleet/served"
    write(folder / "ready.json", json.dumps({"url": url, **about}))
    asked = status.services(str(tmp_path), ["served"])["served"]
    assert (asked["ids"], asked["reason"]) == (ids, "")
    assert asked["wants"] == about["models"]


def test_the_key_of_a_service_goes_to_it_alone(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "etc/jetfleet/served"
    write(
        folder / "ready.json",
        json.dumps({"url": url, "kind": "openai", "models": ["qwen3"], "key": "KEY"}),
    )
    for value, ids in (("s3cret", ["qwen3"]), ("another", None)):
        write(folder / "env", f"OTHER=1\nKEY={value}\n")
        asked = status.services(str(tmp_path), ["served"])["served"]
        assert asked["ids"] == ids
        assert value not in json.dumps(asked)


def test_a_server_that_never_answers_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for name in ("one", "two"):
            about = {"url": f"http://127.0.0.1:{mute.getsockname()[1]}", "kind": "openai"}
            write(tmp_path / f"etc/jetfleet/{name}/ready.json", json.dumps(about))
        asked = status.services(str(tmp_path), ["one", "two", "none"])
    assert [asked[name]["ids"] for name in ("one", "two", "none")] == [None, None, None]
    assert "timed out" in asked["one"]["reason"]
    assert "ready.json" in asked["none"]["reason"]


def test_the_section_runs_in_a_real_shell() -> None:
    done = subprocess.run(
        ["sh", "-s"],
        input=status_script(["it's"], ["/", "/no such"]),
        capture_output=True,
        text=True,
        check=True,
    )
    said = read_status(done.stdout)
    assert said["disks"]["/"]["total"] > said["disks"]["/"]["free"] > 0
    assert said["disks"]["/no such"]["mounted"] is False
    assert list(said["services"]) == ["it's"]


@pytest.mark.parametrize(
    "output", ["", f"{FRAME} begin status\n{{\n{FRAME} end status 0", "noise"], ids=len
)
def test_what_cannot_be_read_is_an_error_in_words(output: str) -> None:
    assert "python3" in read_status(output)["errors"]["board"]
