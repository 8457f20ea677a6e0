"""A login by password or by a first key: after the user's keys, to a pinned host, and once."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from jetfleet.workstation.login_key import login_key
from tests.hostile.login_fleet import BY_PASSWORD, blob, fleet, key, tried
from tests.hostile.login_server import PASSWORD, Rules, login_server
from tests.support import terminal
from tests.support.pyinfra import BIN, ROOT
from tests.support.ssh_server import Key

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def _no_keys() -> None:
    login_key.cache_clear()


LOGS_IN = {
    "by password": Rules(),
    "by keyboard-interactive alone": Rules(methods="publickey,keyboard-interactive"),
    "after a banner": Rules(banner="Authorized use only.\nPassword:\n\x1b[2J"),
    "where sshd allows one try": Rules(tries=2),
}


@pytest.mark.parametrize("name", LOGS_IN)
def test_the_password_logs_in(name: str, tmp_path: Path) -> None:
    rules = LOGS_IN[name]
    found = tried(tmp_path, rules)
    assert found.logged_in, found.said
    assert rules.sent == [PASSWORD]


@pytest.mark.parametrize(
    "password", ["-canary", "canary'; touch x #", 'can"ary\\', "canary ö 密码", "  canary  "]
)
def test_a_password_is_sent_as_it_is(password: str, tmp_path: Path) -> None:
    rules = Rules(password=password)
    found = tried(tmp_path, rules, environ={"BOARD": password})
    assert found.logged_in, found.said
    assert rules.sent == [password]


REFUSED = {
    "rejected": (
        Rules(password="another canary"),  # noqa: S106 - made up
        "rejects the password from the environment variable BOARD: log in with `ssh` as nvidia",
        1,
    ),
    "rejected at the keyboard": (
        Rules(password="another canary", methods="keyboard-interactive"),  # noqa: S106 - made up
        "rejects the password from the environment variable BOARD",
        1,
    ),
    "PasswordAuthentication no": (
        Rules(methods="publickey"),
        "it takes no password \\(publickey\\): name a key that it accepts as `ssh.first_key`",
        0,
    ),
    "a second factor": (
        Rules(methods="keyboard-interactive", questions=[("Verification code: ", False)]),
        "it asks “Verification code:”: log in with `ssh` once",
        0,
    ),
    "an expired password": (
        Rules(
            methods="keyboard-interactive",
            questions=[("Password: ", False), ("New password: ", False)],
        ),
        "it asks “New password:”",
        1,
    ),
    "a question whose answer is shown": (
        Rules(methods="keyboard-interactive", questions=[("Password: ", True)]),
        "it asks “Password:”",
        0,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_a_sentence_and_the_password_is_sent_once(name: str, tmp_path: Path) -> None:
    rules, said, times = REFUSED[name]
    found = tried(tmp_path, rules)
    assert not found.logged_in
    assert re.search(said, found.said), found.said
    assert rules.sent.count(PASSWORD) == times


@pytest.mark.parametrize("value", ["", "canary\nsecond", "canary\tx", "abc"])
def test_what_is_no_password_is_never_sent(value: str, tmp_path: Path) -> None:
    rules = Rules()
    found = tried(tmp_path, rules, environ={"BOARD": value})
    assert not found.logged_in
    assert "the environment variable BOARD has" in found.said
    assert rules.sent == []


def test_a_host_that_is_not_pinned_gets_no_password(tmp_path: Path) -> None:
    other = paramiko.ECDSAKey.generate()
    rules = Rules(key=other)
    found = tried(tmp_path, rules)
    assert not found.logged_in
    assert (rules.sent, rules.offered) == ([], 0)


def test_the_key_goes_before_the_password(tmp_path: Path) -> None:
    own = key(tmp_path)
    rules = Rules(keys=[blob(own)])
    found = tried(tmp_path, rules, f"{BY_PASSWORD}, key: {own.path}", {"BOARD": ""})
    assert found.logged_in, found.said
    assert rules.sent == []


def test_a_key_that_is_not_there_leaves_the_password(tmp_path: Path) -> None:
    rules = Rules()
    assert tried(tmp_path, rules, f"{BY_PASSWORD}, key: /none").logged_in
    assert rules.sent == [PASSWORD]


def test_key_and_password_may_both_be_wanted(tmp_path: Path) -> None:
    own = key(tmp_path)
    rules = Rules(keys=[blob(own)], both=True)
    found = tried(tmp_path, rules, f"{BY_PASSWORD}, key: {own.path}")
    assert found.logged_in, found.said
    assert rules.sent == [PASSWORD]


def test_the_first_key_logs_in_where_the_own_one_does_not(tmp_path: Path) -> None:
    own, first = key(tmp_path), key(tmp_path, "first")
    rules = Rules(keys=[blob(first)], methods="publickey")
    found = tried(tmp_path, rules, f", key: {own.path}, first_key: {first.path}")
    assert found.logged_in, found.said
    assert rules.offered > 1


def test_without_a_password_the_remedy_is_named(tmp_path: Path) -> None:
    own, first = key(tmp_path), key(tmp_path, "first")
    found = tried(tmp_path, Rules(), f", key: {own.path}, first_key: {first.path}")
    assert "ssh: {password: {env: NAME}}" in found.said
    assert "the board accepts none of 2 keys" in found.said


@contextmanager
def agent(folder: Path, number: int) -> Iterator[tuple[dict[str, str], list[Key]]]:
    """Start an SSH agent with a number of keys."""
    said = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    values = dict(re.findall(r"(SSH_AUTH_SOCK|SSH_AGENT_PID)=([^;]+);", said))
    keys = [key(folder, f"agent-{n}") for n in range(number)]
    try:
        for one in keys:
            subprocess.run(
                ["ssh-add", "-q", str(one.path)], env={**os.environ, **values}, check=True
            )
        yield values, keys
    finally:
        os.kill(int(values["SSH_AGENT_PID"]), 15)


@pytest.mark.parametrize("tries", [2, 3, 6])
def test_many_keys_in_the_agent_leave_the_password_its_try(tries: int, tmp_path: Path) -> None:
    with agent(tmp_path, 7) as (values, _):
        rules = Rules(tries=tries)
        found = tried(tmp_path, rules, environ=values)
    assert found.logged_in, found.said
    assert rules.sent == [PASSWORD]
    assert rules.offered == 7


@pytest.mark.parametrize("ssh", ["", BY_PASSWORD], ids=["by keys", "with a password"])
def test_the_last_of_many_keys_logs_in(ssh: str, tmp_path: Path) -> None:
    with agent(tmp_path, 7) as (values, keys):
        rules = Rules(keys=[blob(keys[-1])], tries=3)
        found = tried(tmp_path, rules, ssh, values)
    assert found.logged_in, found.said
    assert rules.sent == []


def test_a_public_key_means_the_agent_s(tmp_path: Path) -> None:
    with agent(tmp_path, 3) as (values, keys):
        public = keys[1].path.with_suffix(".pub")
        for one in keys:
            one.path.unlink()
        rules = Rules(keys=[paramiko.PublicBlob.from_file(str(public)).key_blob])
        found = tried(tmp_path, rules, f", key: {public}", values)
    assert found.logged_in, found.said
    assert rules.offered < 3


def test_pyinfra_shows_nothing_of_a_password(tmp_path: Path) -> None:
    rules = Rules()
    with login_server(rules) as port:
        fleet(tmp_path, port, BY_PASSWORD)
        words = [str(BIN / "pyinfra"), "-y", "-vvv", "--debug", "lab.py", "exec", "--", "echo"]
        values = {"HOME": str(tmp_path), "BOARD": PASSWORD, "SSH_AUTH_SOCK": ""}
        done = subprocess.run(
            [*words, "it", "runs"], cwd=tmp_path, env={**os.environ, **values}, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    assert "[board] it runs" in done.stderr, done.stderr
    assert rules.sent == [PASSWORD]
    assert "canary" not in done.stdout + done.stderr


def test_a_password_is_typed_once_for_the_command(tmp_path: Path) -> None:
    rules = Rules()
    (tmp_path / "deploys").mkdir()
    (tmp_path / "deploys/llm.py").write_text((ROOT / "deploys/base.py").read_text())
    with login_server(rules) as port:
        fleet(tmp_path, port, "")
        shown = terminal.run(
            [str(BIN / "jetfleet"), "plan", "lab.yaml", "--ask-password"], tmp_path,
            {"HOME": str(tmp_path), "JETFLEET_RUN": str(tmp_path / "run")},
            {"password of the boards: ": f"{PASSWORD}\n"},
        )  # fmt: skip
    assert rules.sent == [PASSWORD], shown.text
    written = "".join(p.read_text(errors="replace") for p in tmp_path.rglob("run/**/*.log"))
    assert "canary" not in shown.text + written
