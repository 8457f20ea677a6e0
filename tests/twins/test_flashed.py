"""A board that is only flashed becomes a serving one in a single apply, and a second is empty."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import CAMPAIGN, Lab, Spec, changed
from twins.flashed import PASSWORD
from twins.standins import direct

HOST = "new"
COSMOS = {"runtime": "vllm", "model": "cosmos-reason2-2b", "port": 8000}
OLLAMA = {"runtime": "ollama", "models": ["smollm2-135m"], "port": 8000}
VISION = {
    **COSMOS,
    "flags": {"max-model-len": 8192, "gpu-memory-utilization": 0.8, "reasoning-parser": "qwen3"},
}

EXPORTER = {
    "runtime": "container",
    "image": "quay.io/prometheus/node-exporter:v1.8.2",
    "port": 9100,
    "probe": {"path": "/metrics"},
}
"""The catalog has no image of a model server for JetPack 5 that a twin could run."""

BOARDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "5.1.2": ("agx-orin-64gb", "35.4.1", EXPORTER),
    "6.0": ("orin-nano-devkit", "36.3.0", OLLAMA),
    "6.2": ("agx-orin-64gb", "36.4.3", VISION),
    "6.2.3": ("agx-orin-64gb", "36.5.2", VISION),
    "7.0": ("agx-thor", "38.2.2", VISION),
    "7.2": ("agx-thor", "39.2.0", VISION),
}
"""By JetPack: the module, the L4T release, and what it serves."""

USUAL = ("5.1.2", "6.2", "7.0")
"""One of each major release in each run of the tests; the campaign has all."""

SECRET = {"JETFLEET_TWIN_BOARD": PASSWORD}


def _edit(jetpack: str, spec: Spec) -> None:
    module, l4t, service = BOARDS[jetpack]
    spec["boards"] = {"flashed": {"module": module, "jetpack": jetpack, "l4t": l4t}}
    spec["groups"] = {}
    spec["defaults"].update(
        ssh={"user": "nvidia", "password": {"env": "BOARD"}},
        clock={"set": True},
        desktop="off",
        services={},
    )
    spec["hosts"] = {
        HOST: {
            "board": "flashed",
            "address": "192.0.2.31",
            "services": {"serve": dict(service)},
        }
    }


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "jetpack",
    [one for one in BOARDS if CAMPAIGN or one in USUAL],
)
def test_one_apply_takes_it_from_flashed_to_serving(
    jetpack: str, tmp_path: Path, record_property: Any
) -> None:
    lab = Lab.up(tmp_path, ["nano"], lambda spec: _edit(jetpack, spec), flashed=True)
    try:
        _flashed(lab)
        begun = time.monotonic()
        first = lab.apply(environ=SECRET)
        seconds = round(time.monotonic() - begun)
        assert first.status == 0, first.log[-4000:]
        record_property("seconds", seconds)
        print(f"\nJetPack {jetpack}: from flashed to serving in {seconds} s")
        _in_order(changed(first, HOST))
        _serves(lab, jetpack)
        second = lab.apply(environ=SECRET)
        assert second.status == 0, second.log[-4000:]
        assert changed(second, HOST) == []
        assert "canary" not in first.log + second.log + lab.sh(HOST, "journalctl --no-pager")
    finally:
        lab.down()


def _flashed(lab: Lab) -> None:
    """See that it is a board as it comes from flashing."""
    assert not lab.holds(HOST, "command -v docker || command -v nvidia-container-runtime")
    assert lab.holds(HOST, "! test -e ~nvidia/.ssh")
    assert lab.sh(HOST, "systemctl get-default; systemctl is-active display-manager") == (
        "graphical.target\nactive\n"
    )
    assert lab.sh(HOST, "date +%s") == "4000\n"
    assert not lab.holds(HOST, "su nvidia -c 'sudo -n true'")


def _in_order(rows: list[str]) -> None:
    """See that the rows stood in an order in which each can work."""
    place = {row: n for n, row in enumerate(rows)}
    fetches = [n for row, n in place.items() if "Fetch model" in row or "Pull " in row]
    assert place["base | Set the clock"] < place["docker | Install Docker's packages"]
    assert place["docker | Install Docker's packages"] < min(fetches)
    assert place["base | Switch the desktop on or off"] < place["serving | Serve serve"]


def _serves(lab: Lab, jetpack: str) -> None:
    """See that it has no desktop, and that its service answers this workstation."""
    assert lab.sh(HOST, "systemctl get-default; systemctl is-active display-manager || true") == (
        "multi-user.target\ninactive\n"
    )
    service = BOARDS[jetpack][2]
    if service is EXPORTER:
        with direct.session() as session:
            assert session.get(f"http://{lab.fleet.ip(HOST)}:9100/metrics", timeout=10).ok
    else:
        assert lab.get(HOST, "/v1/models")["data"]
