"""Whether a host is trusted: pinned keys, certificates, revoked keys, and `jetfleet trust`."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest
from pyinfra.connectors.sshuserclient.client import SSHClient

from jetfleet import ssh
from jetfleet.hostkeys.check import CheckedTransport, HostKeyRefused
from jetfleet.hostkeys.known_hosts import KnownHosts
from tests.hostile.trusted_boards import HOST, WEEK, Boards, made_keys
from tests.support.cli import ROOT, run
from tests.support.pyinfra import BIN
from tests.support.ssh_server import Key, keygen, ssh_server


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    return made_keys(tmp_path_factory.mktemp("keys"))


def connects(port: int, known: Path, known_text: str) -> str:
    """Connect as jetfleet does with these lines; `PORT` in them is the server's."""
    known.write_text(known_text.replace("PORT", str(port)))
    login = known.with_name("login")
    Key.made(login)
    with ssh.connection("root", "127.0.0.1", port, login, known) as client:
        _, out, _ = client.exec_command("echo hello")
        return str(out.read().decode())


@dataclass(frozen=True)
class Case:
    """A server's key and certificate, the lines of known_hosts, and why it is refused."""

    lines: str
    shows: str = "board"
    sign: tuple[str, ...] = ()
    by: str = "ca"
    refused: str = ""
    error: type[Exception] = HostKeyRefused


CERTIFIED = "@cert-authority 127.0.0.* {ca}\n"
MISSING = "No host key for .* found in known_hosts"
CASES = {
    "pinned": Case("[127.0.0.1]:PORT {board}\n"),
    "not pinned": Case("192.0.2.1 {board}\n", refused=MISSING, error=paramiko.SSHException),
    "pinned for port 22 alone": Case(
        "127.0.0.1 {board}\n", refused=MISSING, error=paramiko.SSHException
    ),
    "another key": Case(
        "[127.0.0.1]:PORT {other}\n", refused="does not match", error=paramiko.BadHostKeyException
    ),
    "one of two types": Case("[127.0.0.1]:PORT {ecdsa}\n[127.0.0.1]:PORT {board}\n"),
    "another type alone": Case(
        "[127.0.0.1]:PORT {ecdsa}\n", refused="does not match",
        error=paramiko.BadHostKeyException,
    ),
    "an RSA key": Case("[127.0.0.1]:PORT {rsa}\n", shows="rsa"),
    "several names": Case("x.example,[127.0.0.1]:PORT {board} a comment\n"),
    "a pattern": Case("[127.0.0.?]:* {board}\n"),
    "an excluded name": Case(
        "*,![127.0.0.1]:* {board}\n", refused=MISSING, error=paramiko.SSHException
    ),
    "certified": Case(CERTIFIED, sign=(*HOST, *WEEK)),
    "certified among other lines": Case(
        "# ours\n\n192.0.2.1 {other}\n@revoked * {other-ca}\n" + CERTIFIED, sign=(*HOST, *WEEK)
    ),
    "certified by RSA": Case(
        "@cert-authority * {rsa}\n", sign=(*HOST, *WEEK, "-t", "rsa-sha2-512"), by="rsa"
    ),
    "certified by a pattern of names": Case(CERTIFIED, sign=("-h", "-n", "127.0.*", *WEEK)),
    "its key is pinned, without the authority": Case(
        "[127.0.0.1]:PORT {board}\n", sign=(*HOST, *WEEK)
    ),
    "certified by SHA-1": Case(
        "@cert-authority * {rsa}\n", sign=(*HOST, *WEEK, "-t", "ssh-rsa"), by="rsa",
        refused="made with SHA-1",
    ),
    "an expired certificate": Case(
        CERTIFIED, sign=(*HOST, "-V", "-2w:-1w"), refused="has expired on .* sign its key again"
    ),
    "a certificate of later": Case(
        CERTIFIED, sign=(*HOST, "-V", "+1d:+1w"), refused="is valid from .* only: check the clocks"
    ),
    "another principal": Case(
        CERTIFIED, sign=("-h", "-n", "192.0.2.7,nano", *WEEK),
        refused="is for 192.0.2.7, nano, not for 127.0.0.1",
    ),
    "no principal": Case(CERTIFIED, sign=("-h", *WEEK), refused="is for no host"),
    "a certificate of a user": Case(
        CERTIFIED, sign=("-n", "127.0.0.1", *WEEK), refused="certificate of a user, not of a host"
    ),
    "another authority": Case(
        CERTIFIED, sign=(*HOST, *WEEK), by="other-ca", refused="an authority that is not pinned"
    ),
    "an authority for other hosts": Case(
        "@cert-authority *.example.org {ca}\n", sign=(*HOST, *WEEK), refused=MISSING,
        error=paramiko.SSHException,
    ),
    "no certificate where an authority is pinned": Case(
        CERTIFIED, refused=MISSING, error=paramiko.SSHException
    ),
    "a revoked key that is pinned": Case(
        "[127.0.0.1]:PORT {board}\n@revoked * {board}\n", refused="is revoked in line 2"
    ),
    "a revoked key with a certificate": Case(
        "@revoked * {board}\n" + CERTIFIED, sign=(*HOST, *WEEK), refused="is revoked in line 1"
    ),
    "a revoked authority": Case(
        CERTIFIED + "@revoked * {ca}\n", sign=(*HOST, *WEEK), refused="is revoked in line 2"
    ),
    "a key that is revoked for others": Case(
        "@revoked 192.0.2.* {board}\n[127.0.0.1]:PORT {board}\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_host_is_trusted_or_refused(name: str, keys: dict[str, Key], tmp_path: Path) -> None:
    case = CASES[name]
    lines = case.lines.format(**{name: key.public for name, key in keys.items()})
    board = keys[case.shows]
    certificate = board.path.with_name(f"{board.path.name}-cert.pub")
    certificate.unlink(missing_ok=True)
    signed = [board.signed(keys[case.by], *case.sign)] if case.sign else []
    with ssh_server([board], signed) as port:
        known = tmp_path / "known_hosts"
        if case.error is HostKeyRefused and not case.refused:
            assert connects(port, known, lines) == "hello\n"
        else:
            with pytest.raises(case.error, match=case.refused):
                connects(port, known, lines)


def test_a_hashed_name_is_found(keys: dict[str, Key], tmp_path: Path) -> None:
    with ssh_server([keys["board"]]) as port:
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {keys['board'].public}\n")
        keygen("-H", "-f", str(known))
        assert known.read_text().startswith("|1|")
        assert connects(port, known, known.read_text()) == "hello\n"


TRUSTED = "No authentication methods"
"""The login comes after the check of the key."""


@pytest.mark.parametrize(
    ("moved_to", "shows", "refused"),
    [
        ("localhost", "board", TRUSTED),
        ("", "board", MISSING),
        ("localhost", "other", "does not match"),
    ],
)
def test_a_board_that_has_moved_must_show_its_pinned_key(
    moved_to: str, shows: str, refused: str, keys: dict[str, Key], tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    with ssh_server([keys[shows]]) as port:
        known.write_text(f"[127.0.0.1]:{port} {keys['board'].public}\n")
        pinned = KnownHosts.read(known.read_text())
        checked = CheckedTransport(pinned, "127.0.0.1", port, str(known))
        checked.moved_to = moved_to
        with SSHClient() as client, pytest.raises(paramiko.SSHException, match=refused):
            client.connect(
                "localhost",
                port=port,
                username="ada",
                allow_agent=False,
                look_for_keys=False,
                _pyinfra_ssh_known_hosts_file=str(known),
                _pyinfra_ssh_strict_host_key_checking="yes",
                _pyinfra_ssh_paramiko_connect_kwargs={"transport_factory": checked},
            )


def test_small_packets_are_sent_at_once(keys: dict[str, Key], tmp_path: Path) -> None:
    """Else the kernel waits up to 40 ms for an acknowledgement, with each script that is sent."""
    known, login = tmp_path / "known_hosts", tmp_path / "login"
    Key.made(login)
    with ssh_server([keys["board"]]) as port:
        known.write_text(f"[127.0.0.1]:{port} {keys['board'].public}\n")
        with ssh.connection("root", "127.0.0.1", port, login, known) as client:
            transport = client.get_transport()
            assert transport
            assert transport.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture
def boards(tmp_path: Path) -> Boards:
    Key.made(tmp_path / "login")
    return Boards(tmp_path)


def test_pyinfra_refuses_the_hosts_with_a_wrong_key_alone(
    boards: Boards, keys: dict[str, Key], tmp_path: Path
) -> None:
    board = keys["board"]
    signed = board.signed(keys["ca"], *HOST, *WEEK)
    with (
        ssh_server([board], [signed]) as certified,
        ssh_server([keys["ecdsa"]]) as pinned,
        ssh_server([keys["rsa"]]) as changed,
        ssh_server([keys["other"]]) as revoked,
    ):
        for host, port in (("certified", certified), ("pinned", pinned), ("changed", changed)):
            boards.add(host, port)
        boards.add("revoked", revoked)
        boards.known.write_text(
            f"@cert-authority * {keys['ca'].public}\n@revoked * {keys['other'].public}\n"
        )
        for host, key in (("pinned", "ecdsa"), ("changed", "other-ca"), ("revoked", "other")):
            boards.pin(host, keys[key].public)
        inventory = tmp_path / "lab.py"
        inventory.write_text((ROOT / "inventory/lab.py").read_text())
        done = subprocess.run(
            [BIN / "pyinfra", "-y", inventory, "exec", "--", "echo", "hello from it"],
            cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    said = done.stdout + done.stderr
    assert said.count("hello from it") >= 2, said
    said = " ".join(said.split())
    assert "[certified] Connected" in said
    assert "[pinned] Connected" in said
    assert "[changed] SSH host key error" in said
    assert "then pin it with `jetfleet trust` and `--replace`" in said
    assert "[revoked]" in said
    assert "its key is revoked in line 2 of known_hosts" in said
    found = run("doctor", boards.spec)
    assert f"all pinned in {boards.known}" in found.stdout
