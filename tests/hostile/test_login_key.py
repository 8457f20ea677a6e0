"""A private key that cannot be used refuses its own host, and no other."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jetfleet.workstation.login_key import login_key
from tests.support.cli import call, run
from tests.support.lab import write_spec
from tests.support.pyinfra import BIN, ROOT
from tests.support.ssh_server import Key, keygen, ssh_server


def missing(folder: Path) -> Path:
    return folder / "none"


def is_folder(folder: Path) -> Path:
    return folder


def garbage(folder: Path) -> Path:
    path = folder / "garbage"
    path.write_bytes(b"\xff\x00 not a key\n" * 20)
    return path


def empty(folder: Path) -> Path:
    (folder / "empty").touch()
    return folder / "empty"


def broken(folder: Path) -> Path:
    path = Key.made(folder / "broken").path
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    return path


def public(folder: Path) -> Path:
    return Key.made(folder / "key").path.with_suffix(".pub")


def with_passphrase(folder: Path, kind: str = "ed25519") -> Path:
    path = Key.made(folder / f"locked-{kind}", kind).path
    keygen("-q", "-p", "-N", "a canary", "-f", str(path))
    return path


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


WRONG: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (missing, "there is no key .*none: put the key there, or write another path"),
    "a folder": (is_folder, "is not a file: put the key there"),
    "a pipe": (pipe, "is not a file: put the key there"),
    "garbage": (garbage, "is not a private key that can be used"),
    "empty": (empty, "is not a private key that can be used"),
    "half of a key": (broken, "is not a private key that can be used"),
    "a public key": (public, "is a public key: write the path of the private one"),
    "a passphrase": (with_passphrase, "has a passphrase: add it to the SSH agent with `ssh-add"),
}


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    login_key.cache_clear()


@pytest.mark.parametrize("name", WRONG)
def test_a_key_that_cannot_be_used_is_named(name: str, tmp_path: Path) -> None:
    made, said = WRONG[name]
    assert re.search(said, login_key(str(made(tmp_path))).wrong)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_that_can_be_used_is_not(kind: str, tmp_path: Path) -> None:
    assert not login_key(str(Key.made(tmp_path / "key", kind).path)).wrong


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Path]:
    """Two hosts; the first has the key that is tried, the other is this computer."""
    server = Key.made(tmp_path / "server")
    with ssh_server([server]) as port:
        (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {server.public}\n")
        hosts = "".join(
            f"  {name}: {{address: {address}, port: {port}, module: agx-orin-64gb, jetpack: "
            f'"6.2", ssh: {{user: root, sudo: false, key: {key}}}}}\n'
            for name, address, key in (
                ("bad", "127.0.0.9", "KEY"),
                ("good", "127.0.0.1", Key.made(tmp_path / "login").path),
            )
        )
        (tmp_path / "lab.yaml").write_text(f"version: 1\nhosts:\n{hosts}")
        (tmp_path / "lab.py").write_text((ROOT / "inventory/lab.py").read_text())
        yield tmp_path / "lab.yaml"


def edit(spec: Path, key: Path) -> None:
    spec.write_text(spec.read_text().replace("KEY", json.dumps(str(key))))


@pytest.mark.parametrize("name", ["missing", "garbage", "a passphrase"])
def test_the_other_host_is_reached(name: str, fleet: Path) -> None:
    made, said = WRONG[name]
    edit(fleet, made(fleet.parent))
    done = subprocess.run(
        [str(BIN / "pyinfra"), "-y", "lab.py", "exec", "--", "echo", "it", "runs"],
        cwd=fleet.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert re.search(rf"\[bad\].*{said}", done.stderr), done.stderr
    assert "[good] Connected" in done.stderr
    assert "[good] it runs" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["plan", "drift", "status"])
def test_each_command_says_it_of_that_host(command: str, tmp_path: Path) -> None:
    def away(spec: dict) -> None:
        for number, host in enumerate(spec["hosts"].values(), start=1):
            host.update(address=f"127.0.0.{number}", port=1)
        spec["hosts"]["orin"]["ssh"] = {"key": "/nokey"}

    spec = write_spec(tmp_path / "inventory", ["orin", "thor"], away)
    lock = (ROOT / "tests/data/lock.yaml").read_text(encoding="utf-8")
    spec.with_suffix(".lock.yaml").write_text(lock, encoding="utf-8")
    done = run(command, spec, "--json", environ={"JETFLEET_RUN": str(tmp_path / "run")})
    assert done.returncode == 3, done.stderr
    reasons = {one.get("host") or one.get("name"): one["reason"] for one in
               json.loads(done.stdout)["hosts"]}  # fmt: skip
    assert "there is no key /nokey" in reasons["orin"]
    assert "check that the board is on" in reasons["thor"]
    assert "/nokey" not in reasons["thor"]
    assert call("validate", spec).returncode == 0


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_with_a_passphrase_is_used_by_the_agent(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Key.made(tmp_path / "key", kind).path
    said = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    values = dict(re.findall(r"(SSH_AUTH_SOCK|SSH_AGENT_PID)=([^;]+);", said))
    try:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        subprocess.run(["ssh-add", "-q", str(plain)], check=True)
        keygen("-q", "-p", "-N", "a canary", "-f", str(plain))
        plain.with_suffix(".pub").unlink()
        found = login_key(str(plain))
        assert not found.wrong
        assert found.locked
        assert found.in_agent is not None
        # Made with the agent's key: a signature of a few dozen bytes or more.
        algorithm = "rsa-sha2-512" if kind == "rsa" else "ssh-ed25519"
        assert len(bytes(found.in_agent.sign_ssh_data(b"data", algorithm))) > 60
        assert "has a passphrase" in login_key(str(with_passphrase(tmp_path))).wrong
    finally:
        os.kill(int(values["SSH_AGENT_PID"]), 15)


def test_adopt_names_the_key(tmp_path: Path) -> None:
    done = call("adopt", "nvidia@192.0.2.1", "-i", tmp_path / "none", "-o", tmp_path)
    assert done.returncode == 1
    assert "there is no key" in done.stderr
    assert "as `-i`" in done.stderr
