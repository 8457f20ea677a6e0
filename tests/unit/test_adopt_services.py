"""Containers and units made by hand: from what is read, to a spec, to facts that are equal.

tests/data/captured/containers-orin.txt was read off a twin that had been set up by the commands of
source 001, with one more container beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from jetfleet.adopt import containers
from jetfleet.adopt.models import FoundModel as Model
from jetfleet.resources import AdoptedService, RunOptions
from jetfleet.resources.adopted.container import read_containers
from jetfleet.resources.adopted.service import facts_of_container, facts_of_unit, read_shown
from jetfleet.resources.base import Unreadable
from jetfleet.roles.adopted import facts_of
from jetfleet.runtimes.registry import calls
from jetfleet.spec.adopted import ADOPTED
from jetfleet.spec.adopted import AdoptedService as Spec
from jetfleet.steps import LinkResolver, Refused

CAPTURED = (Path(__file__).parents[1] / "data/captured/containers-orin.txt").read_text()
FOLDER = "/home/nvidia/Projects/CosmosReason/cosmos-reason2-2b_v1208-fp8-static-kv8"
COSMOS = Model("cosmos-reason2-2b", "ngc:a/b:1", "1", FOLDER, ())


def bodies(text: str, *models: Model, units: str = "") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = containers.describe_services(
        {"containers": text, "units": units}, models
    ).keys["services"]
    return found


def spec(text: str, name: str) -> Spec:
    body = bodies(text, COSMOS)[name]
    return ADOPTED[body["runtime"]].model_validate({**body, "name": name})


def resource(text: str, name: str) -> AdoptedService:
    """What the role wants of a container that is adopted as this text has it."""
    facts = tuple(sorted(facts_of(spec(text, name)).items()))
    return AdoptedService(name=name, container=name, unit="", facts=facts, calls=calls())


@pytest.mark.parametrize("name", ["youthful_gould", "web"])
def test_a_container_that_is_adopted_is_equal_to_its_own_spec(name: str) -> None:
    wanted = resource(CAPTURED, name)
    actual = AdoptedService.read(CAPTURED, [wanted])[wanted.key]
    assert wanted.compare(actual, RunOptions()) == []
    assert len(actual) > 5


def test_source_001s_service_is_in_the_words_of_a_service() -> None:
    body = bodies(CAPTURED, COSMOS)["youthful_gould"]
    made = body.pop("made")
    assert body == {
        "runtime": "vllm",
        "image": "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04",
        "model": "cosmos-reason2-2b",
        "flags": {
            "max-model-len": 8192,
            "media-io-kwargs": {"video": {"num_frames": -1}},
            "reasoning-parser": "qwen3",
            "gpu-memory-utilization": 0.8,
        },
        "env": {
            "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
            "NVIDIA_VISIBLE_DEVICES": "all",
        },
    }
    assert made["volumes"] == {FOLDER: "/models/cosmos-reason2-2b:ro"}
    assert made["docker"] == {"rm": True, "tty": True, "runtime": "nvidia", "network": "host"}
    assert made["command"] == "bash"


DRIFTS = [
    ("word 8192", "word 4096", "option max-model-len", "4096", "8192"),
    ('"RW":false', '"RW":true', f"volume {FOLDER}", "/models/cosmos-reason2-2b",
     "/models/cosmos-reason2-2b:ro"),
    ("CAPABILITIES=compute,utility", "CAPABILITIES=all", "env NVIDIA_DRIVER_CAPABILITIES", "all",
     "compute,utility"),
    ("word serve\n", "word bench\n", "server", "none", "vllm"),
    ('"status":"running","mounts":[{"Destination":"/models',
     '"status":"exited","mounts":[{"Destination":"/models', "state", "exited", "running"),
    ('"NetworkMode":"host"', '"NetworkMode":"default"', "docker network", "absent", "host"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "attribute", "have", "want"), DRIFTS)
def test_every_drift_of_it_is_named(
    old: str, new: str, attribute: str, have: str, want: str
) -> None:
    assert old in CAPTURED
    wanted = resource(CAPTURED, "youthful_gould")
    actual = AdoptedService.read(CAPTURED.replace(old, new), [wanted])[wanted.key]
    changes = {c.attribute: (c.have, c.want) for c in wanted.compare(actual, RunOptions())}
    assert changes[attribute] == (have, want)


def test_a_container_that_is_gone_is_named_and_nothing_is_done() -> None:
    wanted = resource(CAPTURED, "web")
    actual = AdoptedService.read("", [wanted])[wanted.key]
    (change,) = wanted.compare(actual, RunOptions())
    assert (change.attribute, change.have, change.want) == ("state", "absent", "running")
    with pytest.raises(Refused, match="is only compared"):
        next(wanted.steps(actual, [change], RunOptions(), LinkResolver(lambda *_: None)))  # type: ignore[arg-type,return-value]


def test_a_secret_is_a_reference_and_compared_by_being_there() -> None:
    body = bodies(CAPTURED)["web"]
    assert body["env"] == {"HF_TOKEN": {"env": "HF_TOKEN"}}
    wanted = resource(CAPTURED, "web")
    without = CAPTURED.replace('env /web "HF_TOKEN=***"\n', "")
    changes = wanted.compare(AdoptedService.read(without, [wanted])[wanted.key], RunOptions())
    assert [(c.attribute, c.have, c.want) for c in changes] == [("env HF_TOKEN", "absent", "***")]


UNIT = """ExecStart={ path=/usr/local/bin/ollama ; argv[]=/usr/local/bin/ollama serve ; pid=1 }
Environment="PATH=/usr/local/sbin:/usr/bin" OLLAMA_HOST=192.0.2.9
User=ollama
Id=ollama.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=mnt-nvme.mount
LoadState=loaded
ActiveState=active
UnitFileState=disabled

ExecStart={ path=/usr/bin/jetson_clocks ; argv[]=/usr/bin/jetson_clocks ; ignore_errors=no }
Environment=
User=
Id=clocks.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
"""
STORE = Model("qwen2.5-1.5b", "ollama:qwen2.5:1.5b", "1", "/usr/share/ollama/.ollama/models", ())


def test_the_unit_of_ollamas_installer_is_adopted_and_others_are_reported() -> None:
    found = containers.describe_services({"units": UNIT}, [STORE])
    assert found.keys["services"] == {
        "ollama": {
            "runtime": "ollama",
            "install": "native",
            "models": ["qwen2.5-1.5b"],
            "env": {"OLLAMA_HOST": "192.0.2.9", "PATH": "/usr/local/sbin:/usr/bin"},
            "made": {
                "unit": "ollama.service",
                "command": "/usr/local/bin/ollama serve",
                "user": "ollama",
            },
        }
    }
    assert found.seen == [
        "the unit mnt-nvme.mount (active) runs no command",
        "the unit clocks.service (active) runs /usr/bin/jetson_clocks",
    ]
    service = ADOPTED["ollama"].model_validate(
        {**found.keys["services"]["ollama"], "name": "ollama"}
    )
    assert facts_of(service) == facts_of_unit(read_shown(UNIT)[0])


def test_a_container_that_a_spec_cannot_describe_is_reported_with_the_reason() -> None:
    found = containers.describe_services(
        {"containers": CAPTURED.replace("compute,utility", "-x")}, []
    )
    assert list(found.keys["services"]) == ["web"]
    assert any(
        line.startswith("youthful_gould runs and a spec cannot say it") for line in found.seen
    )


def test_what_jetfleet_made_is_not_adopted() -> None:
    labels = CAPTURED.replace('"labels":{}', '"labels":{"jetfleet.started-with":"feed"}')
    assert bodies(labels) == {}


def test_the_facts_of_a_container_do_not_hold_the_images_own_environment() -> None:
    facts = {found.name: facts_of_container(found, calls()) for found in read_containers(CAPTURED)}
    assert [name for name in facts["web"] if name.startswith("env ")] == ["env HF_TOKEN"]


def test_a_systemd_that_does_not_answer_is_not_an_absent_unit() -> None:
    wanted = AdoptedService("ollama", "", "ollama.service", (("state", "active"),))
    with pytest.raises(Unreadable, match="`systemctl show` failed on the board"):
        AdoptedService.read("systemctl failed\n", [wanted])


@pytest.mark.parametrize(
    ("unit", "right"),
    [
        ("ollama.service", True),
        ("docker-compose@llm.service", True),
        (r"mnt-a\x2db.mount", True),
        ("docker-compose@.service", False),
        ("-x.service", False),
        ("a b.service", False),
        ("x" * 300 + ".service", False),
    ],
)
def test_the_name_of_a_unit_is_one_that_systemd_can_show(unit: str, *, right: bool) -> None:
    body = {"name": "x", "runtime": "ollama", "made": {"unit": unit}}
    if right:
        assert ADOPTED["ollama"].model_validate(body).made.unit == unit
    else:
        with pytest.raises(ValidationError):
            ADOPTED["ollama"].model_validate(body)
