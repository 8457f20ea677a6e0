"""`jetfleet diff`: which attributes change on which boards, between any two revisions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jetfleet.diff import ask
from tests.support.cli import ROOT, call, run
from tests.support.repository import Repository, git

ALL = ["thor", "orin", "nano"]
UNIT = "file:/etc/systemd/system/jetfleet-cosmos.service"
YAML_FILE = "file:/etc/jetfleet/cosmos/vllm.yaml"
RESTART = ("service:cosmos", "started-with")
MODEL = "model:cosmos-reason2-2b"


@pytest.fixture
def fleet(tmp_path: Path) -> Repository:
    return Repository.made(tmp_path / "fleet")


def answer(fleet: Repository, *words: str) -> Any:
    """What the command would print as JSON; asked in this process, which is quicker."""
    return ask(fleet.spec, *(words or ("HEAD",)), fleet.root / "deploys/llm.py").values()


def changes(fleet: Repository, *words: str) -> dict[str, set[tuple[str, str]]]:
    """Resource and attribute of every change, by host; without hosts on which nothing changes."""
    return {
        host: {(row["resource"], row["attribute"]) for row in group["changes"]}
        for group in answer(fleet, *words)["groups"]
        for host in group["hosts"]
        if group["kind"] != "same"
    }


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


def flag(spec: Any) -> None:
    spec["groups"]["ample-memory"]["services"]["cosmos"]["flags"]["max-model-len"] = 4096


def board_mode(spec: Any) -> None:
    spec["boards"]["agx-orin"]["power"]["mode"] = "MODE_30W"


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


def address(spec: Any) -> None:
    spec["hosts"]["nano"]["address"] = "192.0.2.99"


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
                ("clocks:locked", "pinned"),
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


def test_revisions_are_compared_as_asked(fleet: Repository) -> None:
    git(fleet.root, "switch", "-q", "-c", "topic")
    fleet.edit(flag)
    fleet.commit("topic")
    git(fleet.root, "switch", "-q", "main")
    fleet.edit(board_mode)
    fleet.commit("main")
    fleet.edit(address)
    assert set(changes(fleet)) == {"nano"}
    assert set(changes(fleet, "HEAD~1")) == {"nano", "orin"}
    assert set(changes(fleet, "HEAD~1..HEAD")) == {"orin"}
    assert set(changes(fleet, "main..topic")) == {"thor", "orin"}
    assert ("power:mode", "mode") in changes(fleet, "main..topic")["orin"]
    assert ("power:mode", "mode") not in changes(fleet, "main...topic")["orin"]
    assert changes(fleet, "..main") == {}
    found = answer(fleet, "main..topic")
    assert found["old"]["commit"] == git(fleet.root, "rev-parse", "main")
    assert found["new"] == {
        "revision": "topic", "commit": git(fleet.root, "rev-parse", "topic"),
    }  # fmt: skip


def test_lock_and_deploy_are_those_of_the_revision(fleet: Repository) -> None:
    (fleet.root / "deploys/llm.py").write_text(
        (fleet.root / "deploys/base.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    rows = [row for group in answer(fleet)["groups"] for row in group["changes"]]
    assert {row["change"] for row in rows} == {"released"}
    assert (MODEL, "files") in changes(fleet)["nano"]
    assert "no longer managed" in fleet.diff().stdout


def test_a_spec_that_a_revision_lacks_is_all_new(fleet: Repository) -> None:
    copy = fleet.root / "inventory/other.yaml"
    shutil.copy(fleet.spec, copy)
    shutil.copy(fleet.spec.with_suffix(".lock.yaml"), copy.with_suffix(".lock.yaml"))
    done = call("diff", "inventory/other.yaml", cwd=fleet.root)
    assert done.returncode == 2
    assert "HEAD has no inventory/other.yaml: all of it is new" in done.stdout


@pytest.mark.parametrize("word", ["nonsense", "--output=/tmp/x", "HEAD~99", "", "a..b..c"])
def test_what_is_no_revision_is_an_error(fleet: Repository, word: str) -> None:
    done = call("diff", "--", word, "inventory/lab.yaml", cwd=fleet.root)
    assert done.returncode == (0 if word == "" else 1)
    assert "Traceback" not in done.stderr


def test_a_wrong_spec_names_its_revision(fleet: Repository) -> None:
    right = fleet.spec.read_text(encoding="utf-8")
    fleet.edit(lambda spec: spec["boards"]["agx-orin"]["power"].update(mode="120W"))
    wrong = fleet.diff()
    assert wrong.returncode == 1
    assert "inventory/lab.yaml:" in wrong.stderr
    fleet.commit("wrong")
    fleet.spec.write_text(right, encoding="utf-8")
    done = fleet.diff()
    assert done.returncode == 1
    assert done.stderr.startswith("at HEAD:\ninventory/lab.yaml:")


def test_without_a_repository_it_says_so(tmp_path: Path) -> None:
    shutil.copy(ROOT / "inventory/lab.yaml", tmp_path)
    shutil.copytree(ROOT / "deploys", tmp_path / "deploys")
    done = call(
        "diff", "lab.yaml", cwd=tmp_path, environ={"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    )
    assert done.returncode == 1
    assert "not a git repository" in done.stderr


def test_a_shallow_clone_works_and_says_what_it_lacks(fleet: Repository, tmp_path: Path) -> None:
    fleet.edit(flag)
    fleet.commit("second")
    fleet.edit(board_mode)
    fleet.commit("third")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "2", fleet.root.as_uri(), str(clone))
    shallow = Repository(clone)
    assert set(changes(shallow, "HEAD~1")) == {"orin"}
    done = shallow.diff("HEAD~2")
    assert done.returncode == 1
    assert "this clone is shallow, it has the last 2 of HEAD's commits" in done.stderr
    assert "fetch-depth: 0" in done.stderr


def test_attributes_of_the_repository_change_nothing(fleet: Repository) -> None:
    (fleet.root / ".gitattributes").write_text(
        "inventory export-ignore\n*.yaml export-subst text eol=crlf\n", encoding="utf-8"
    )
    fleet.commit("attributes")
    assert changes(fleet) == {}


def own_repository(fleet: Repository) -> None:
    """Put the product beside the specs, as in its own repository."""
    for name in ("jetfleet", "roles", "templates"):
        shutil.copytree(
            ROOT / name,
            fleet.root / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    fleet.commit("whole")


def test_programs_of_the_revision_are_used(fleet: Repository) -> None:
    own_repository(fleet)
    path = fleet.root / "jetfleet/board/clocks.sh"
    path.write_text(path.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    environ = {"PYTHONPATH": str(fleet.root)}
    done = run("diff", "--json", "inventory/lab.yaml", cwd=fleet.root, environ=environ)
    (group,) = json.loads(done.stdout)["groups"]
    (row,) = group["changes"]
    assert row["resource"] == "file:/usr/local/lib/jetfleet/clocks"
    assert row["diff"][-1] == "+# new"


def test_templates_of_the_revision_are_used(fleet: Repository) -> None:
    own_repository(fleet)
    path = fleet.root / "templates/power/etc/systemd/system/jetfleet-clocks.service.j2"
    path.write_text(path.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    environ = {"PYTHONPATH": str(fleet.root)}
    done = run("diff", "--json", "inventory/lab.yaml", cwd=fleet.root, environ=environ)
    (group,) = json.loads(done.stdout)["groups"]
    (row,) = group["changes"]
    assert row["resource"] == "file:/etc/systemd/system/jetfleet-clocks.service"
    assert row["diff"][-1] == "+# new"
    path.write_text("{{ nobody_knows }}", encoding="utf-8")
    fleet.commit("a template that does not go with this code")
    git(fleet.root, "checkout", "-q", "HEAD~1", "--", "templates")
    done = run("diff", "--json", "inventory/lab.yaml", cwd=fleet.root, environ=environ)
    assert json.loads(done.stdout)["same"] is True
    assert "templates of HEAD do not work with this jetfleet" in done.stdout
