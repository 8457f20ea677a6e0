"""A board that was only flashed: first contact by password, and from there to a serving board."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import terminal
from tests.support.lab import Lab, Spec, changed, no_reboot
from tests.support.pyinfra import BIN, ROOT
from twins.flashed import PASSWORD

BOOTSTRAP = "deploys/bootstrap.py"
HOST = "nano"
OTHERS = "# kept\nssh-ed25519 AAAAother bob@desk"


def _edit(spec: Spec) -> None:
    no_reboot(spec)
    for name in ("services", "models"):
        spec["defaults"].pop(name, None)
    spec.pop("groups")
    for name in ("groups", "services"):
        spec["hosts"][HOST].pop(name)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], _edit, flashed=True)
    yield lab
    lab.down()


def test_without_a_password_the_remedy_is_named(lab: Lab) -> None:
    said = " ".join(lab.dry().log.split())
    assert "`deploys/bootstrap.py`" in said


def test_first_contact_adds_the_key_and_a_second_run_changes_nothing(lab: Lab) -> None:
    assert lab.holds(HOST, "! test -e ~nvidia/.ssh")
    lab.rewrite(lambda spec: spec["hosts"][HOST].update(ssh={"password": {"env": "BOARD"}}))
    lab.sh(HOST, "mkdir -p /run/spy; (while [ -e /run/spy ]; do ps -eo args; done) "
                 "> /run/seen 2>&1 & echo $! > /run/spy/pid")  # fmt: skip
    secret = {"JETFLEET_TWIN_BOARD": PASSWORD}
    first = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert first.status == 0, first.log[-3000:]
    assert changed(first, HOST) == [
        "bootstrap | Set up the user nvidia",
        "bootstrap | Log in by key",
    ]
    assert "logs in by key from now on" in first.log
    lab.sh(HOST, "rm -r /run/spy")
    said = first.log + lab.sh(HOST, "cat /run/seen; journalctl --no-pager")
    assert "setsid" in said
    assert "canary" not in said
    modes = lab.sh(HOST, "cd ~nvidia; stat -c '%U %a' .ssh .ssh/authorized_keys").split("\n")
    assert modes[:2] == ["nvidia 700", "nvidia 600"]
    again = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert again.status == 0, again.log[-3000:]
    assert changed(again, HOST) == []
    assert "Log in by key" not in again.log


def test_keys_of_others_stay(lab: Lab) -> None:
    file = "/home/nvidia/.ssh/authorized_keys"
    lab.sh(HOST, f"printf '%s' '{OTHERS}' > {file}; chmod 666 {file}; chmod 777 ~nvidia")
    secret = {"JETFLEET_TWIN_BOARD": PASSWORD}
    done = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert done.status == 0, done.log[-3000:]
    assert lab.sh(HOST, f"head -n 2 {file}") == f"{OTHERS}\n"
    assert lab.sh(HOST, f"wc -l < {file}") == "3\n"
    assert lab.sh(HOST, f"stat -c %a {file} ~nvidia").split() == ["600", "755"]


def test_a_password_is_typed_at_the_terminal(lab: Lab) -> None:
    lab.sh(HOST, "rm -r ~nvidia/.ssh")
    lab.rewrite(lambda spec: spec["hosts"][HOST].pop("ssh"))
    words = [str(BIN / "pyinfra"), str(lab.inventory), BOOTSTRAP]
    typed = {"password of the boards (Enter: none): ": f"{PASSWORD}\n", **terminal.ANSWERS}
    shown = terminal.run(words, ROOT, {}, typed)
    assert shown.status == 0, shown.text
    assert shown.text.count("password of the boards") == 1
    assert "canary" not in shown.text
    assert "logs in by key from now on" in shown.text
