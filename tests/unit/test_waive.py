"""Waivers: a rule that does not apply to a host or service, with a reason that people see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.validate import problems_of, waivers
from tests.support.specs import problems, spec_of

MODELS = {"cosmos": {"source": "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"}}
FLAGS = {"gpu-memory-utilization": 0.8, "max-model-len": 8192}
TRUST = "trust-remote-code"


def hosts(host: dict[str, str], service: dict[str, str], **flags: object) -> dict[str, Any]:
    served = {"runtime": "vllm", "model": "cosmos", "flags": {**FLAGS, **flags}, "waive": service}
    other = {"runtime": "vllm", "model": "cosmos", "port": 8001, "flags": {
        "gpu-memory-utilization": 0.1, "max-model-len": 256, **flags}}  # fmt: skip
    board = {"module": "agx-orin-64gb", "jetpack": "6.2", "l4t": "36.4.3"}
    return {
        "orin": {
            **board,
            "address": "192.0.2.12",
            "waive": host,
            "services": {"vlm": served, "two": other},
        }
    }


def found(folder: Path, body: dict[str, Any]) -> list[tuple[str | None, str | None, bool]]:
    told = problems(folder, MODELS, body)
    return [(one.rule, one.service, one.warning) for one in told if one.rule != "memory-tight"]


def test_a_rule_holds_until_it_is_waived(tmp_path: Path) -> None:
    trusting = {"trust-remote-code": True}
    both = [(TRUST, "two", False), (TRUST, "vlm", False)]
    assert sorted(found(tmp_path, hosts({}, {}, **trusting))) == both
    assert found(tmp_path, hosts({}, {TRUST: "we wrote it"}, **trusting)) == [both[0]]
    assert found(tmp_path, hosts({TRUST: "we wrote it"}, {}, **trusting)) == []


def test_a_waiver_of_nothing_is_reported(tmp_path: Path) -> None:
    told = problems(tmp_path, MODELS, hosts({TRUST: "once"}, {}))
    (idle,) = [one for one in told if one.rule is None]
    assert idle.warning
    assert "a waiver of trust-remote-code, which nothing here breaks" in str(idle)


def test_a_waiver_of_no_rule_is_refused(tmp_path: Path) -> None:
    wrong = problems(tmp_path, MODELS, hosts({}, {"trust-remote-cod": "why"}))
    unknown = [one for one in wrong if not one.warning]
    assert len(unknown) == 1
    assert "the unknown rule trust-remote-cod" in str(unknown[0])
    assert "did you mean trust-remote-code?" in str(unknown[0])


def test_a_waiver_of_a_group_is_in_use_if_one_of_its_hosts_needs_it(tmp_path: Path) -> None:
    body = hosts({}, {})["orin"]
    trusting = hosts({}, {}, **{"trust-remote-code": True})["orin"]
    fleet = {
        "one": {**body, "groups": ["lab"]},
        "two": {**trusting, "address": "192.0.2.13", "groups": ["lab"]},
    }
    for host in fleet.values():
        del host["waive"]
    path = tmp_path / "spec.yaml"
    groups = {"lab": {"waive": {TRUST: "we wrote it"}}}
    written = {"version": 1, "models": MODELS, "groups": groups, "hosts": fleet}
    path.write_text(json.dumps(written), encoding="utf-8")
    spec, told = problems_of(path)
    assert {one.rule for one in told} == {"memory-tight", "open-to-the-network"}
    assert [one.host for one in waivers(spec)] == ["one", "two"]


def test_what_only_the_board_can_tell_is_never_idle(tmp_path: Path) -> None:
    body = hosts({"docker-28-raw-table": "a kernel of our own"}, {})
    assert found(tmp_path, body) == []


@pytest.mark.parametrize("reason", ["", " "])
def test_a_reason_is_words(tmp_path: Path, reason: str) -> None:
    assert any(not one.warning for one in problems(tmp_path, MODELS, hosts({TRUST: reason}, {})))


def test_people_see_every_waiver(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, MODELS, hosts({"image-unknown": "ours"}, {TRUST: "we wrote it"}))
    assert [(one.host, one.service, one.rule, one.reason) for one in waivers(spec)] == [
        ("orin", None, "image-unknown", "ours"),
        ("orin", "vlm", TRUST, "we wrote it"),
    ]
