"""`jetfleet plan` and `apply` on boards: what is planned is done, and nothing else, or refused."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.lock.file import load_lock
from jetfleet.workstation.workstation import lock_path
from tests.support.drift_table import OPTIONS, READY, RECORD
from tests.support.lab import CAMPAIGN, MODEL, Lab, no_reboot, until
from tests.support.lab_cli import Jetfleet, done, named
from tests.support.pyinfra import BIN
from tests.support.sshlog import commands_of, counting
from tests.support.twin_fingerprint import fingerprint

BOARDS = ("orin", "nano")
SIGNALS = (signal.SIGINT, signal.SIGTERM) if CAMPAIGN else (signal.SIGINT,)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two boards; bare at first, converged once the first test has passed."""
    lab = Lab.up(tmp_path_factory.mktemp("plan"), BOARDS, no_reboot)
    yield lab
    lab.down()


@pytest.fixture
def jetfleet(lab: Lab, tmp_path: Path) -> Jetfleet:
    return Jetfleet(lab, tmp_path)


def test_what_is_planned_on_bare_boards_is_done(lab: Lab, jetfleet: Jetfleet) -> None:
    out = jetfleet.scratch / "plan.json"
    with counting(lab, BOARDS):
        count = commands_of(lab, BOARDS, lambda: jetfleet("plan", "-o", str(out), status=2))
    assert count == dict.fromkeys(BOARDS, 1)
    planned = jetfleet("plan", status=2)
    lock = load_lock(lock_path(lab.spec))
    size = sum(image.size for image in lock.images.values())
    size += sum(model.size for model in lock.models.values())
    rows = lab.plan()
    for host in BOARDS:
        plan = planned.plan[host]
        assert {f"{one.role} | {one.title}" for one in plan.resources} == set(rows[host])
        assert (plan.internet, plan.lan) == (size, 0)
        assert plan.nvme.final > size
        assert {one.cause for one in plan.resources} == {"first"}
    applied = jetfleet("apply", str(out), status=0)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", applied.out + applied.err), applied.out
    for host in BOARDS:
        result = applied.result[host]
        assert result.state == "changed"
        assert {one.resource for one in result.done} == {
            one.resource for one in planned.plan[host].resources
        }
        assert all(one.seconds >= 0 for one in result.done)
        assert [(one.what, one.ok) for one in result.verified] == [
            ("models", True), ("cosmos", True),
        ]  # fmt: skip
        assert f"{host} (changed" in applied.out
        assert lab.chat(host)


def test_a_plan_of_converged_boards_is_empty_and_holds(jetfleet: Jetfleet) -> None:
    first = jetfleet("plan", status=0)
    second = jetfleet("plan", "--diff", status=0)
    for host in BOARDS:
        one, other = first.plan[host], second.plan[host]
        assert (one.state, one.resources, one.internet) == ("in-sync", (), 0)
        assert (one.survey, one.desired) == (other.survey, other.desired)
    assert jetfleet("apply", "-y", status=0).result["orin"].state == "in-sync"


def test_a_board_that_was_changed_since_is_refused(lab: Lab, jetfleet: Jetfleet) -> None:
    for host in BOARDS:
        lab.sh(host, f"echo '# by hand' >> {OPTIONS}")
    out = jetfleet.scratch / "plan.json"
    jetfleet("plan", "-o", str(out), status=2)
    lab.sh("orin", f"chmod 600 {READY}")
    before = fingerprint(lab, "orin")
    applied = jetfleet("apply", str(out), status=3)
    after = fingerprint(lab, "orin")
    assert (after.state, after.identity) == (before.state, before.identity)
    assert applied.result["orin"].state == "refused"
    assert "has changed since the plan was made" in applied.result["orin"].reason
    assert applied.result["nano"].state == "changed"
    mended = jetfleet("apply", "-y", status=0)
    assert {host: done(result) for host, result in mended.result.items()} == {
        "orin": {(f"file:{OPTIONS}", "content"), (f"file:{READY}", "mode")},
        "nano": set(),
    }


def test_a_plan_of_another_spec_is_refused(lab: Lab, jetfleet: Jetfleet) -> None:
    for host in BOARDS:
        lab.sh(host, f"echo '# by hand' >> {OPTIONS}")
    out = jetfleet.scratch / "plan.json"
    jetfleet("plan", "-o", str(out), status=2)
    flags = {"flags": {"seed": 7}}
    lab.rewrite(lambda spec: spec["hosts"]["orin"].update(services={"cosmos": flags}))
    try:
        applied = jetfleet("apply", str(out), status=3)
        assert "spec or lock of orin have changed" in applied.result["orin"].reason
        assert applied.result["nano"].state == "changed"
        assert "by hand" in lab.sh("orin", f"cat {OPTIONS}")
    finally:
        lab.rewrite(lambda spec: spec["hosts"]["orin"].pop("services"))
    jetfleet("apply", "-y", status=0)


def test_a_board_that_is_away_hides_no_other(lab: Lab, jetfleet: Jetfleet) -> None:
    lab.sh("orin", f"chmod 600 {READY}")
    lab.sh("nano", "systemctl stop ssh.socket ssh")
    try:
        planned = jetfleet("plan", status=3)
        assert planned.plan["nano"].state == "unreachable"
        assert "check that the board is on" in planned.plan["nano"].reason
        assert named(planned.plan["orin"]) == {(f"file:{READY}", "mode")}
        applied = jetfleet("apply", "-y", status=3)
        assert applied.result["orin"].state == "changed"
        assert applied.result["nano"].state == "unreachable"
    finally:
        lab.sh("nano", "systemctl start ssh")
    jetfleet("plan", status=0)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_pyinfra_too(lab: Lab, jetfleet: Jetfleet, number: signal.Signals) -> None:
    lab.fault(match="files.*safetensors*", rate=400_000, times=None)
    try:
        lab.sh("orin", f"systemctl stop jetfleet-cosmos; rm -r {MODEL}")
        run, folder = jetfleet.start("apply", "-y", "--limit", "orin")
        rows = folder / "orin.jsonl"
        until(lambda: rows.exists() and '"started"' in rows.read_text(), "the fetch to begin")
        run.send_signal(number)
        out, _ = run.communicate(timeout=30)
        assert run.returncode == 128 + number, out
        assert "interrupted: run again" in out
        assert "“Fetch model cosmos-reason2-2b” was under way" in out
        assert pyinfras(lab) == []
    finally:
        lab.no_faults()
    jetfleet("apply", "-y", status=0)
    assert lab.chat("orin")


def pyinfras(lab: Lab) -> list[str]:
    """Processes of pyinfra that work on a lab."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if str(BIN / "pyinfra") in words and str(lab.inventory) in words:
            found.append(f"{os.path.basename(path.parent)} {' '.join(words)}")  # noqa: PTH119
    return found


def test_a_deploy_that_breaks_is_no_plan(jetfleet: Jetfleet) -> None:
    deploy = jetfleet.scratch / "broken.py"
    deploy.write_text(
        """from pyinfra.context import host
from jetfleet.converge import apply
from jetfleet.roles import base, storage
if getattr(host, "name", "") == "nano":  # unset while the deploy is only read
    raise RuntimeError("a mistake in a deploy")
apply(base, storage)
""",
        encoding="utf-8",
    )
    planned = jetfleet("plan", "--deploy", str(deploy))
    # Which host comes first is pyinfra's: the mistake may end the run before any was read.
    assert planned.status in {1, 3}
    if planned.status == 3:
        assert planned.plan["nano"].state == "skipped"
        assert "broke off" in planned.plan["nano"].reason
    assert "a mistake in a deploy" in (planned.run / "plan.log").read_text(encoding="utf-8")


@pytest.mark.campaign
def test_without_permission_a_reboot_is_only_named(lab: Lab, jetfleet: Jetfleet) -> None:
    """Orin's 30 W mode, in which it was flashed, has another GPU mask than MAXN."""
    lab.rewrite(lambda spec: spec["hosts"]["orin"].update(power={"mode": "MAXN"}))
    try:
        waiting = jetfleet("plan", status=2).plan["orin"]
        assert (waiting.reboots, waiting.waits) == ((), ("power mode MAXN",))
        planned = jetfleet("plan", "--reboot", status=2).plan["orin"]
        assert (planned.reboots, planned.waits) == (("power mode MAXN",), ())
        assert [one.because for one in planned.restarts] == ["reboot"]
        result = jetfleet("apply", "--reboot", "-y", status=0).result["orin"]
        assert result.rebooted == 1
        assert {("power:mode", "mode")} <= done(result)
        assert jetfleet("plan", status=0).plan["orin"].state == "in-sync"
    finally:
        lab.rewrite(lambda spec: spec["hosts"]["orin"].pop("power"))
        lab.converge()


def test_pyinfra_alone_does_the_same(lab: Lab, jetfleet: Jetfleet) -> None:
    lab.sh("nano", f"chmod 600 {READY}")
    assert lab.plan() == {"nano": [f"serving | Write {READY}"]}
    assert named(jetfleet("plan", status=2).plan["nano"]) == {(f"file:{READY}", "mode")}
    lab.converge()
    assert jetfleet("plan", status=0).plan["nano"].state == "in-sync"
    assert RECORD not in str(lab.plan())
