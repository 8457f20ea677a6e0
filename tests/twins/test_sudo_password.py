"""A board whose sudo asks for a password, as a board has it that was set up by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.workstation.workstation import workstation_of
from tests.support import cli as command
from tests.support import terminal
from tests.support.lab import Lab, Spec, no_reboot
from tests.support.lab_cli import Jetfleet
from tests.support.pyinfra import BIN, ROOT

PASSWORD = "canary horse 1 $x"  # noqa: S105 - made up
RULE = "/etc/sudoers.d/nvidia"


def _edit(spec: Spec) -> None:
    no_reboot(spec)
    for name in ("services", "models"):
        spec["defaults"].pop(name, None)
    spec.pop("groups")
    spec["hosts"]["nano"].pop("groups")
    spec["hosts"]["nano"].pop("services")
    spec["hosts"]["nano"]["ssh"] = {"sudo_password": {"env": "BOARD_SUDO"}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("lab"), ["nano"], _edit)
    lab.sh("nano", f"rm {RULE}; echo 'nvidia:{PASSWORD}' | chpasswd")
    yield lab
    lab.down()


def test_the_password_is_taken_from_the_reference(lab: Lab, tmp_path: Path) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    lab.sh("nano", "mkdir -p /run/spy; (while [ -e /run/spy ]; do ps -eo args; done) "
                   "> /run/seen 2>&1 & echo $! > /run/spy/pid")  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JETFLEET_TWIN_BOARD_SUDO", PASSWORD)
        planned = jetfleet("plan", status=2)
        jetfleet("apply", "-y", status=0)
        jetfleet("plan", status=0)
        status = jetfleet("status", status=0)
    lab.sh("nano", "rm -r /run/spy")
    said = planned.out + planned.err + status.out + lab.sh("nano", "cat /run/seen; journalctl")
    said += "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*.log"))
    assert "setsid" in said
    assert "canary" not in said


def test_without_a_password_the_remedy_is_named(lab: Lab, tmp_path: Path) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    answer = jetfleet("plan", status=3)
    assert "set JETFLEET_TWIN_BOARD_SUDO" in " ".join(answer.out.split())


def test_a_wrong_password_is_a_sentence(lab: Lab, tmp_path: Path) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JETFLEET_TWIN_BOARD_SUDO", "wrong canary")
        for name in ("plan", "status"):
            said = " ".join(jetfleet(name, status=3).out.split())
            assert "sudo rejects the password of nvidia from the environment variable" in said
            assert "canary" not in said


TYPES = {"sudo password of the boards: ": f"{PASSWORD}\n"}


def test_a_password_is_typed_once(lab: Lab) -> None:
    text = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(lambda spec: spec["hosts"]["nano"].pop("ssh"))
    try:
        said = " ".join(command.run("plan", lab.spec).stdout.split())
        assert "give it with `--ask-sudo-password`" in said
        words = [str(BIN / "jetfleet"), "plan", str(lab.spec), "--ask-sudo-password"]
        for line in (words, [str(BIN / "pyinfra"), str(lab.inventory), "deploys/llm.py", "--dry"]):
            shown = terminal.run(line, ROOT, {}, TYPES)
            assert shown.text.count("sudo password of the boards") == 1
            assert shown.status == 0, shown.text
            assert "canary" not in shown.text
    finally:
        lab.spec.write_text(text, encoding="utf-8")


def test_adopt_takes_a_typed_password(lab: Lab, tmp_path: Path) -> None:
    side = workstation_of(lab.spec)
    login = f"nvidia@{lab.fleet.ip('nano')}"
    options = ["-i", str(side.key), "--known-hosts", str(side.known_hosts), "-o", str(tmp_path)]
    done = command.run("adopt", login, *options)
    assert "give it with `--ask-sudo-password`" in done.stderr
    words = [str(BIN / "jetfleet"), "adopt", login, *options, "--ask-sudo-password"]
    shown = terminal.run(words, ROOT, {}, TYPES)
    assert shown.status == 0, shown.text
    text = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.yaml"))
    assert "env: SUDO_PASSWORD" in text
    assert "canary" not in text + shown.text
