"""Keys of docker in a spec on a real engine: the mode of NVIDIA's runtime, and lists of others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.drift_table import CONFIG, DOCKER, RECORD
from tests.support.lab import Lab, Spec, changed, serve_nothing

HOST = "nano"
MODE = "docker | Set the mode of NVIDIA's runtime (/etc/nvidia-container-runtime/config.toml)"
TOML, DEVICES = "/etc/nvidia-container-runtime/config.toml", "/etc/cdi/nvidia.yaml"
OURS, THEIRS = "https://ours.example", "https://theirs.example"
KEY = "registry-mirrors"
ADDED = f"""python3 - <<'END'
import json
settings = json.load(open("{CONFIG}"))
settings["{KEY}"] = [*settings["{KEY}"], "{THEIRS}"]
settings["insecure-registries"] = ["192.0.2.7:5000"]
json.dump(settings, open("{CONFIG}", "w"))
END
"""

DRIFTS = {
    "mode": f"sed -i 's/^mode = .*/mode = \"csv\"/' {TOML}",
    "mode-absent": f"rm {TOML}",
    "devices-absent": f"rm {DEVICES}",
    "devices-old": f"touch -d 2020-01-01 {DEVICES}",
}


def _edit(spec: Spec) -> None:
    serve_nothing(spec, HOST)
    spec["hosts"][HOST]["docker"] = {"nvidia_mode": "cdi", "daemon": {KEY: [OURS]}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], _edit)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def listed(lab: Lab) -> Any:
    return json.loads(lab.sh(HOST, "docker info -f '{{json .RegistryConfig.Mirrors}}'"))


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_of_the_mode_is_named_and_repaired(lab: Lab, name: str) -> None:
    assert lab.plan() == {}
    lab.sh(HOST, DRIFTS[name])
    assert lab.plan() == {HOST: [MODE]}
    assert changed(lab.converge(), HOST) == [MODE]
    assert lab.plan() == {}
    assert lab.holds(HOST, f"grep -qx 'mode = \"cdi\"' {TOML} && grep -q nvidia.com {DEVICES}")


def test_items_leave_with_the_spec_and_those_of_others_stay(lab: Lab) -> None:
    assert listed(lab) == [f"{OURS}/"]
    lab.sh(HOST, f"{ADDED}systemctl restart docker")
    assert lab.plan() == {}
    lab.rewrite(lambda spec: spec["hosts"][HOST]["docker"].update(daemon={}))
    assert lab.plan() == {HOST: [DOCKER, RECORD]}
    assert DOCKER in changed(lab.converge(), HOST)
    assert listed(lab) == [f"{THEIRS}/"]
    settings = json.loads(lab.sh(HOST, f"cat {CONFIG}"))
    assert settings[KEY] == [THEIRS]
    assert settings["insecure-registries"] == ["192.0.2.7:5000"]
    assert lab.plan() == {}


def test_the_mode_stays_when_it_leaves_the_spec(lab: Lab) -> None:
    lab.rewrite(lambda spec: spec["hosts"][HOST]["docker"].pop("nvidia_mode"))
    assert MODE not in changed(lab.converge(), HOST)
    assert lab.holds(HOST, f"grep -qx 'mode = \"cdi\"' {TOML} && [ -s {DEVICES} ]")
    assert lab.plan() == {}
