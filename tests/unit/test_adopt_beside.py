"""A service of jetfleet beside what was set up by hand: ports and memory are checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jetfleet.spec.adopted import ADOPTED, AdoptedService
from jetfleet.validate import load_checked, memory_of, problems_of
from tests.support.specs import spec_of

MODELS = {"cosmos": {"source": "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"}}
HOST: dict[str, Any] = {"address": "192.0.2.12", "module": "agx-orin-64gb", "jetpack": "6.2"}
VLLM = {"runtime": "vllm", "model": "cosmos"}
BY_HAND = {"container": "quirky_volta", "docker": {"network": "host"}}


def service(runtime: str, made: dict[str, Any], **more: Any) -> AdoptedService:
    body = {"name": "web", "runtime": runtime, "made": made, **more}
    return ADOPTED[runtime].model_validate(body)


@pytest.mark.parametrize(
    ("found", "ports"),
    [
        (service("vllm", BY_HAND), (8000,)),
        (service("vllm", BY_HAND, port=8001), (8001,)),
        (service("triton", BY_HAND), (8000, 8001, 8002)),
        (service("vllm", {"container": "a"}), ()),
        (service("vllm", {"container": "a", "docker": {"publish": ["9000:8000/tcp"]}}), (9000,)),
        (service("container", {"container": "a", "docker": {"publish": "[::]:80:80"}}), (80,)),
        (
            service(
                "container",
                {
                    "container": "a",
                    "docker": {"publish": ["127.0.0.1:81:8/tcp", ":9/tcp", "53:53/udp"]},
                },
            ),
            (81,),
        ),
        (service("ollama", {"unit": "ollama.service"}), (11434,)),
        (
            service("ollama", {"unit": "ollama.service"}, env={"OLLAMA_HOST": "0.0.0.0:9"}),
            (9,),
        ),
    ],
)
def test_the_ports_that_it_takes(found: AdoptedService, ports: tuple[int, ...]) -> None:
    assert found.tcp_ports == ports


def beside(folder: Path, *, port: int, share: float) -> Any:
    """A service of jetfleet's own beside a vLLM that takes four fifths of the board."""
    flags = {"gpu-memory-utilization": 0.8, "max-model-len": 8192}
    found = {"hand": {**VLLM, "flags": flags, "made": BY_HAND}}
    own = {"llm": {**VLLM, "port": port, "flags": {**flags, "gpu-memory-utilization": share}}}
    return spec_of(
        folder, MODELS, {"orin": {**HOST, "adopted": {"services": found}, "services": own}}
    )


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    spec = beside(tmp_path, port=8000, share=0.1)
    (problem,) = [one for one in problems_of(spec.path)[1] if one.rule == "port-clash"]
    assert problem.found == "port 8000, which the service hand of orin has too"
    assert problem.key.endswith("services.llm.port")
    assert problem.remedy == "write another, such as 8001"


def test_what_is_there_counts_in_the_memory(tmp_path: Path) -> None:
    spec = beside(tmp_path, port=8001, share=0.4)
    (problem,) = [one for one in problems_of(spec.path)[1] if one.rule == "memory-over"]
    assert "hand: " in problem.found
    assert "llm: " in problem.found
    assert [need.name for need in memory_of(spec, None, "orin").needs] == ["llm", "hand"]


def test_what_works_by_hand_is_not_judged(tmp_path: Path) -> None:
    found = {"hand": {**VLLM, "flags": {"gpu-memory-utilization": 0.99}, "made": BY_HAND}}
    twice = {**found, "more": {**found["hand"], "made": {**BY_HAND, "container": "b"}}}
    spec = spec_of(tmp_path, MODELS, {"orin": {**HOST, "adopted": {"services": twice}}})
    assert load_checked(spec.path)[1] == []
