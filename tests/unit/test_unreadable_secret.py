"""A fleet of which some host's secret cannot be read: its plan is made, and nothing is thrown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.drift.fingerprint import desired_of
from jetfleet.resources import File, RunOptions, Service
from jetfleet.resources.service import ServiceState
from tests.support.rendered import ROLES, ROOT, fleet

KEY = "JETFLEET_TEST_UNSET"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    text = (ROOT / "inventory/lab.yaml").read_text(encoding="utf-8")
    path = tmp_path / "lab.yaml"
    marked = text.replace(
        "      cosmos:\n", f"      cosmos:\n        env: {{APP_TOKEN: {{env: {KEY}}}}}\n", 1
    )
    assert marked != text
    path.write_text(marked, encoding="utf-8")
    return path


def test_without_the_secret_a_state_is_desired_and_its_hash_is_the_same(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    without = fleet(spec).wanted(ROLES)
    monkeypatch.setenv(KEY, "tiger-lily-7")
    having = fleet(spec).wanted(ROLES)
    hosts = [host.name for host in without.spec.hosts]
    assert [desired_of(without.resources(h)) for h in hosts] == [
        desired_of(having.resources(h)) for h in hosts
    ]
    files = [
        one
        for host in hosts
        for one in without.resources(host).values()
        if isinstance(one, File) and one.unreadable
    ]
    assert files
    assert {file.secret for file in files} == {True}
    assert {file.unreadable for file in files} == {
        f"the environment variable {KEY} has no secret: set it, then run again"
    }


def test_a_service_that_was_started_with_the_secret_stays_as_it_is(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    state = fleet(spec).wanted(ROLES)
    service = next(
        one
        for host in state.spec.hosts
        for one in state.resources(host.name).values()
        if isinstance(one, Service) and ("",) in {(hash_,) for _, hash_ in one.reads}
    )
    read = {path: sha256 or "a" * 64 for path, sha256 in service.reads}
    running = ServiceState(
        active="active", enabled=True, stale=False, unit_hash=service.started_with,
        container_hash=service.started_with, container="running", read=read,
    )  # fmt: skip
    assert service.compare(running, RunOptions()) == []
    path = next(path for path, sha256 in service.reads if sha256)
    changed = replace(running, read={**read, path: "b" * 64})
    assert [c.attribute for c in service.compare(changed, RunOptions())] == ["started-with"]
