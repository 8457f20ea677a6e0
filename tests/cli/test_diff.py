"""`jetfleet diff`: which attributes change on which boards, between any two revisions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.differences import address, answer, board_mode, changes, flag
from tests.support.repository import Repository

ALL = ["thor", "orin", "nano"]
UNIT = "file:/etc/systemd/system/jetfleet-cosmos.service"
YAML_FILE = "file:/etc/jetfleet/cosmos/vllm.yaml"
RESTART = ("service:cosmos", "started-with")
MODEL = "model:cosmos-reason2-2b"


@pytest.fixture
def fleet(tmp_path: Path) -> Repository:
    return Repository.made(tmp_path / "fleet")


def test_nothing_changed_is_said_in_one_group(fleet: Repository) -> None:
    done = fleet.diff()
    assert done.returncode == 0
    assert "nothing changes on 3 hosts" in done.stdout
    (group,) = answer(fleet)["groups"]
    assert (group["kind"], group["hosts"], group["changes"]) == ("same", ALL, [])
    fleet.edit(flag)
    done = fleet.diff("--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout) == {**answer(fleet), "spec": "inventory/lab.yaml"}


def clocks(spec: Any) -> None:
    spec["hosts"]["nano"]["power"] = {"clocks": "free"}


def data_root(spec: Any) -> None:
    spec["defaults"]["docker"]["data_root"] = "/mnt/nvme/containers"


def daemon_key(spec: Any) -> None:
    spec["hosts"]["thor"]["docker"] = {"daemon": {"log-opts": {"max-size": "10m"}}}


def mount_options(spec: Any) -> None:
    spec["defaults"]["storage"]["options"] = ["noatime", "nodiratime"]


def port(spec: Any) -> None:
    spec["hosts"]["orin"]["services"] = {"cosmos": {"port": 8001}}


def environment(spec: Any) -> None:
    spec["hosts"]["orin"]["services"] = {"cosmos": {"env": {"VLLM_LOGGING_LEVEL": "DEBUG"}}}


def served_name(spec: Any) -> None:
    spec["defaults"]["services"]["cosmos"]["served_name"] = "cosmos"


def no_power(spec: Any) -> None:
    del spec["boards"]["agx-thor"]["power"]


def rate(spec: Any) -> None:
    spec["defaults"]["models"]["max_rate"] = "20M"


def on(hosts: list[str], rows: set[tuple[str, str]]) -> dict[str, set[tuple[str, str]]]:
    """The same changes on some hosts."""
    return {host: rows for host in hosts}  # noqa: C420 - nobody changes them


RUN = ("file:/etc/jetfleet/cosmos/run", "content")
STARTED = {(UNIT, "content"), RESTART}
DROP_IN = ("file:/etc/systemd/system/docker.service.d/jetfleet.conf", "content")


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (flag, on(["thor", "orin"], {(YAML_FILE, "content"), *STARTED})),
        (board_mode, {"orin": {("power:mode", "mode")}}),
        (
            clocks,
            {"nano": {
                ("clocks:locked", "pinned"), ("clocks-free:all", "pinned"),
                ("file:/etc/systemd/system/jetfleet-clocks.service", "content"),
                ("file:/usr/local/lib/jetfleet/clocks", "content"),
            }},
        ),
        (
            data_root,
            on(
                ALL, {("daemon:docker", "data-root"), ("daemon:docker", "running"), DROP_IN}
            ),
        ),
        (
            daemon_key,
            {"thor": {("daemon:docker", "log-opts.max-size"), ("daemon:docker", "running")}},
        ),
        (mount_options, on(ALL, {("filesystem:/mnt/nvme", "fstab")})),
        (
            port,
            {"orin": {
                (YAML_FILE, "content"), ("file:/etc/jetfleet/cosmos/ready.json", "content"),
                *STARTED,
            }},
        ),
        (environment, {"orin": {("file:/etc/jetfleet/cosmos/env", "content"), RUN, *STARTED}}),
        (
            served_name,
            on(
                ALL,
                {
                    (YAML_FILE, "content"), ("file:/etc/jetfleet/cosmos/ready.json", "content"),
                    *STARTED,
                },
            ),
        ),
        (address, {"nano": {("host", "address")}}),
        (no_power, {"thor": {("power:mode", "mode")}}),
        (rate, {}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_change_is_named_on_the_boards_that_have_it(
    fleet: Repository, edit: Callable[[Any], None], found: dict[str, set[tuple[str, str]]]
) -> None:
    fleet.edit(edit)
    assert changes(fleet) == found


def test_the_lock_alone_changes_image_and_model(fleet: Repository) -> None:
    def upgrade(lock: Any) -> None:
        lock["images"]["nvcr.io/nvidia/vllm:26.01-py3"]["digest"] = f"sha256:{'9' * 64}"
        lock["models"]["cosmos-reason2-2b"]["files"][0]["sha256"] = "8" * 64

    fleet.edit(upgrade, "inventory/lab.lock.yaml")
    found = changes(fleet)
    image = ("image:nvcr.io/nvidia/vllm:26.01-py3", "digest")
    assert found["thor"] == {image, (MODEL, "files"), RUN, *STARTED}
    assert found["orin"] == {(MODEL, "files"), *STARTED}
    thor = next(group for group in answer(fleet)["groups"] if group["hosts"] == ["thor"])
    assert thor["fetch"] == 9_000_000_000 + 5_000_001_500
    rows = {row["resource"]: row for row in thor["changes"]}
    assert rows[image[0]]["have"].startswith("sha256:111111111111, ")
    assert rows[image[0]]["want"].startswith("sha256:999999999999, ")


def test_hosts_come_and_go(fleet: Repository) -> None:
    def move(spec: Any) -> None:
        spec["hosts"]["fresh"] = {**spec["hosts"].pop("orin"), "address": "192.0.2.77"}

    fleet.edit(move)
    by_kind = {group["kind"]: group for group in answer(fleet)["groups"]}
    assert by_kind["added"]["hosts"] == ["fresh"]
    assert by_kind["removed"]["hosts"] == ["orin"]
    assert by_kind["added"]["starts"] == ["docker.service", "jetfleet-cosmos.service"]
    assert by_kind["added"]["fetch"] == 5_000_000_000 + 5_000_001_500
    assert {row["change"] for row in by_kind["added"]["changes"]} == {"added"}


def test_what_follows_is_shown(fleet: Repository) -> None:
    fleet.edit(data_root)
    fleet.edit(board_mode)
    group = next(one for one in answer(fleet)["groups"] if "orin" in one["hosts"])
    assert group["restarts"] == ["docker.service", "jetfleet-cosmos.service"]
    said = fleet.diff().stdout
    assert "=> restarts docker.service, jetfleet-cosmos.service" in said


def test_a_mode_that_needs_a_reboot_says_so(fleet: Repository) -> None:
    # On this module the modes of few TPCs are reached by another boot than MAXN.
    fleet.edit(lambda spec: spec["boards"]["agx-orin"]["power"].update(mode="MODE_15W"))
    (group,) = (one for one in answer(fleet)["groups"] if one["kind"] == "changed")
    assert group["reboot"] == "needed"


def test_a_board_of_another_release_would_be_refused(fleet: Repository) -> None:
    fleet.edit(lambda spec: spec["boards"]["agx-orin"].update(l4t="36.4.4", jetpack="6.2.1"))
    (group,) = (one for one in answer(fleet)["groups"] if one["kind"] == "changed")
    assert "36.4.4" in group["refused"]
    assert ("board:release", "l4t") in changes(fleet)["orin"]


def test_equal_changes_are_one_group_however_hosts_differ(fleet: Repository) -> None:
    fleet.edit(served_name)
    (group,) = answer(fleet)["groups"]
    assert group["hosts"] == ALL
    assert "3 hosts: the same 4 changes" in fleet.diff().stdout


def test_a_secret_from_another_place_is_shown(fleet: Repository) -> None:
    def token(name: str) -> Callable[[Any], None]:
        def edit(spec: Any) -> None:
            spec["hosts"]["nano"]["services"] = {"cosmos": {"env": {"HF_TOKEN": {"env": name}}}}

        return edit

    fleet.edit(token("ONE"))
    fleet.commit("one")
    fleet.edit(token("OTHER"))
    (group,) = (one for one in answer(fleet)["groups"] if one["kind"] == "changed")
    assert [(row["resource"], row["have"], row["want"]) for row in group["changes"]] == [
        ("host", "env ONE", "env OTHER")
    ]
