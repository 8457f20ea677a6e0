"""SGLang: what is started, how its key reaches it, and what it takes of a board."""

# ruff: noqa: S104 - options of servers
from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.memory.need import Weights
from jetfleet.runtimes.registry import runtimes
from jetfleet.runtimes.sglang.memory import OVERHEAD, fraction_of, sglang_need
from tests.support.rendered import content, docker
from tests.support.services import ORIN, THOR, given, ready, services, started

GIB = 2**30
SERVICE = """\
llm:
  runtime: sglang
  model: cosmos
  served_name: vlm
  port: 30100
  api_key: {env: S3CR3T}
  flags:
    mem-fraction-static: 0.4
    context-length: 8192
    cuda-graph-bs: [1, 2, 4]
    disable-cuda-graph: true
    trust-remote-code: false
"""


@pytest.mark.parametrize(
    ("board", "image"),
    [
        (ORIN, "docker.io/dustynv/sglang:0.4.7-r36.4-cu128-24.04"),
        (THOR, "nvcr.io/nvidia/sglang:26.01-py3"),
    ],
)
def test_what_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: tuple[str, str], image: str
) -> None:
    monkeypatch.setenv("S3CR3T", "correct-horse")
    text = SERVICE.replace("    trust-remote-code: false\n", "")
    wanted = services(tmp_path, text, board)
    words = docker(wanted, "llm")
    assert started(words) == [
        image,
        "python3", "/usr/local/lib/jetfleet/start.py", "-m", "sglang.launch_server",
        "--model-path", "/models/cosmos", "--served-model-name", "vlm",
        "--host", "0.0.0.0", "--port", "30100",
        "--context-length", "8192", "--cuda-graph-bs", "1", "2", "4", "--disable-cuda-graph",
        "--mem-fraction-static", "0.4",
    ]  # fmt: skip
    program = "/etc/jetfleet/llm/start.py:/usr/local/lib/jetfleet/start.py:ro"
    assert program in given(words, "-v")
    assert given(words, "--ipc") == ["host"]
    assert given(words, "--entrypoint") == (["python3"] if board == ORIN else [])


def test_its_key_is_in_the_env_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3CR3T", "correct-horse")
    wanted = services(tmp_path, SERVICE.replace("    trust-remote-code: false\n", ""))
    assert content(wanted, "/etc/jetfleet/llm/env") == "SGLANG_API_KEY=correct-horse\n"
    for path in ("run", "start.py", "ready.json"):
        assert "correct-horse" not in content(wanted, f"/etc/jetfleet/llm/{path}")
    about = ready(wanted, "llm")
    assert (about["health"], about["models"]) == ("/health_generate", ["vlm"])
    assert (about["key"], about["vision"]) == ("SGLANG_API_KEY", False)


def test_requests_have_time_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3CR3T", "correct-horse")
    wanted = services(tmp_path, SERVICE.replace("    trust-remote-code: false\n", ""))
    unit = content(wanted, "/etc/systemd/system/jetfleet-llm.service")
    assert "ExecStop=/usr/bin/docker stop -t 60 llm\n" in unit


@pytest.mark.parametrize(
    ("engine", "board", "least", "most"),
    [
        ("0.4.7", 61 * GIB, 0.88, 0.88),
        ("0.4.7", 122 * GIB, 0.85, 0.86),
        (None, 30 * GIB, 0.88, 0.88),
        ("0.5.5.post2", 8 * GIB, 0.52, 0.55),
        ("0.5.5.post2", 15 * GIB, 0.75, 0.77),
        ("0.5.5.post2", 61 * GIB, 0.78, 0.85),
        ("0.5.5.post2", 122 * GIB, 0.88, 0.92),
    ],
)
def test_the_fraction_that_it_chooses(
    engine: str | None, board: int, least: float, most: float
) -> None:
    assert least <= round(fraction_of({}, engine, board), 3) <= most
    assert fraction_of({"mem-fraction-static": 0.3}, engine, board) == 0.3


def test_its_fraction_is_of_what_the_system_leaves_free() -> None:
    weights = Weights("m", 4 * GIB)
    need = sglang_need("it", {"mem-fraction-static": 0.5}, 32 * GIB, weights, "0.4.7")
    assert need.share is not None
    assert 15 * GIB < need.share < 0.5 * 32 * GIB
    assert (need.total, need.least) == (need.share + OVERHEAD, 4 * GIB)


def test_every_known_image_has_the_table_of_its_version() -> None:
    tables = runtimes()["sglang"].tables
    for version in ("0.4.1.post7", "0.4.4", "0.4.7", "0.4.9", "0.5.5.post2", "0.5.14", "0.5.23"):
        table = tables.of(version)
        assert table is not None
        assert table.version == version
        assert table.find("mem-fraction-static")
    assert tables.exists_in("config")[0] == "0.5.5.post2"
