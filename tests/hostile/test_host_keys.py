"""Whether a host is trusted: pinned keys, certificates, revoked keys, and `jetfleet trust`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from unittest import mock

import paramiko
import pytest

from jetfleet import ssh
from jetfleet.hostkeys.check import HostKeyRefused
from tests.support.cli import ROOT, call, run
from tests.support.pyinfra import BIN
from tests.support.ssh_server import Key, keygen, ssh_server

WEEK = ("-V", "-1d:+1w")
HOST = ("-h", "-n", "127.0.0.1")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    made = {name: Key.made(folder / name) for name in ("board", "other", "ca", "other-ca")}
    kinds = {"ecdsa": "ecdsa", "rsa": "rsa"}
    return made | {name: Key.made(folder / name, kind) for name, kind in kinds.items()}


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


SPEC = """\
version: 1
defaults: {module: agx-orin-64gb, jetpack: "6.2", ssh: {user: nvidia, key: KEY, sudo: false}}
hosts:
"""


@dataclass
class Boards:
    """A spec whose hosts are servers here, and its pinned keys."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def spec(self) -> Path:
        return self.folder / "lab.yaml"

    @property
    def known(self) -> Path:
        return self.folder / "known_hosts"

    def add(self, host: str, port: int) -> None:
        self.ports[host] = port
        lines = (f"  {one}: {{address: 127.0.0.1, port: {n}}}\n" for one, n in self.ports.items())
        self.spec.write_text(SPEC.replace("KEY", str(self.folder / "login")) + "".join(lines))

    def pin(self, host: str, public: str) -> None:
        with self.known.open("a") as file:
            file.write(f"[127.0.0.1]:{self.ports[host]} {public}\n")

    def trust(self, *options: str, says: str = "y\n") -> str:
        with mock.patch("sys.stdin", StringIO(says)):
            done = call("trust", self.spec, *options)
        return f"{done.returncode} {done.stdout}{done.stderr}"


@pytest.fixture
def boards(tmp_path: Path) -> Boards:
    Key.made(tmp_path / "login")
    return Boards(tmp_path)


@pytest.fixture
def nano(boards: Boards, keys: dict[str, Key]) -> Iterator[Boards]:
    with ssh_server([keys["board"], keys["ecdsa"]]) as port:
        boards.add("nano", port)
        yield boards


def test_a_new_key_is_shown_and_pinned(nano: Boards, keys: dict[str, Key]) -> None:
    said = nano.trust("nano")
    assert said.startswith("0 ")
    assert f"nano (127.0.0.1) shows ssh-ed25519 {keys['board'].fingerprint}\n" in said
    assert "ANOTHER" not in said
    line = f"[127.0.0.1]:{nano.ports['nano']} {keys['board'].public}\n"
    assert nano.known.read_text() == line
    again = nano.trust("nano", says="")
    assert again.startswith("0 ")
    assert f"which is pinned in {nano.known}" in again


def test_a_new_key_that_is_not_confirmed_is_not_pinned(nano: Boards) -> None:
    assert nano.trust("nano", says="n\n").startswith("1 ")
    assert not nano.known.exists()


def test_a_changed_key_is_not_taken_for_a_new_one(nano: Boards, keys: dict[str, Key]) -> None:
    nano.known.write_text(f"# ours\n192.0.2.1 {keys['other'].public}\n")
    nano.pin("nano", keys["other"].public)
    before = nano.known.read_text()
    said = nano.trust("nano")
    assert said.startswith("1 ")
    assert "nano (127.0.0.1) has ANOTHER KEY than the one that is pinned:\n" in said
    assert f"  pinned: ssh-ed25519 {keys['other'].fingerprint} ({nano.known}:3)\n" in said
    assert f"  shown:  ssh-ed25519 {keys['board'].fingerprint}\n" in said
    assert f"`jetfleet trust {nano.spec} nano --replace`" in said
    assert nano.known.read_text() == before
    assert nano.trust("nano", "--replace", says="n\n").startswith("1 ")
    assert nano.known.read_text() == before
    assert nano.trust("nano", "--replace").startswith("0 ")
    kept = "".join(before.splitlines(keepends=True)[:2])
    line = f"[127.0.0.1]:{nano.ports['nano']} {keys['board'].public}\n"
    assert nano.known.read_text() == kept + line


def test_another_kind_of_key_is_a_change_too(nano: Boards, keys: dict[str, Key]) -> None:
    nano.pin("nano", keys["rsa"].public)
    assert "ANOTHER KEY" in nano.trust("nano")
    nano.known.write_text("")
    nano.pin("nano", keys["ecdsa"].public)
    assert "which is pinned in" in nano.trust("nano", says=""), "it has both kinds"


def hashed(boards: Boards, keys: dict[str, Key]) -> None:
    boards.pin("nano", keys["other"].public)
    keygen("-H", "-f", str(boards.known))


def shared(boards: Boards, keys: dict[str, Key]) -> None:
    port = boards.ports["nano"]
    boards.known.write_text(f"x.example,[127.0.0.1]:{port} {keys['other'].public} both\n")


@pytest.mark.parametrize("form", [hashed, shared])
def test_the_line_of_a_replaced_key_is_found_in_any_form(
    form: Callable[[Boards, dict[str, Key]], None], nano: Boards, keys: dict[str, Key]
) -> None:
    form(nano, keys)
    assert "ANOTHER KEY" in nano.trust("nano")
    assert nano.trust("nano", "--replace").startswith("0 ")
    other = f"x.example {keys['other'].public} both\n" if form is shared else ""
    line = f"[127.0.0.1]:{nano.ports['nano']} {keys['board'].public}\n"
    assert nano.known.read_text() == other + line


def test_a_revoked_key_is_not_pinned(nano: Boards, keys: dict[str, Key]) -> None:
    text = f"@revoked * {keys['board'].public}\n"
    nano.known.write_text(text)
    said = nano.trust("nano", "--replace")
    assert said.startswith("1 ")
    assert "its key is revoked in line 1 of known_hosts: give the host a new key" in said
    assert nano.known.read_text() == text


def test_a_fingerprint_pins_its_key_without_a_question(nano: Boards, keys: dict[str, Key]) -> None:
    wrong = nano.trust("nano", "--fingerprint", keys["other"].fingerprint, says="")
    assert wrong.startswith("1 ")
    assert "nothing was pinned" in wrong
    assert not nano.known.exists()
    assert nano.trust("nano", "--fingerprint", keys["board"].fingerprint, says="").startswith("0 ")
    assert keys["board"].public in nano.known.read_text()
    again = nano.trust("nano", "--fingerprint", keys["other"].fingerprint, says="")
    assert again.startswith("1 "), "the pinned key is another one"


def test_a_fingerprint_may_be_of_any_kind_of_key(nano: Boards, keys: dict[str, Key]) -> None:
    # The server would show its Ed25519 key first.
    assert nano.trust("nano", "--fingerprint", keys["ecdsa"].fingerprint, says="").startswith("0 ")
    assert keys["ecdsa"].public in nano.known.read_text()


def test_a_fingerprint_replaces_a_key_only_where_that_is_asked_for(
    nano: Boards, keys: dict[str, Key]
) -> None:
    nano.pin("nano", keys["other"].public)
    given = ("--fingerprint", keys["board"].fingerprint)
    assert "ANOTHER KEY" in nano.trust("nano", *given, says="")
    assert nano.trust("nano", *given, "--replace", says="").startswith("0 ")
    assert keys["other"].public not in nano.known.read_text()


@pytest.mark.parametrize("kind", ["board", "ecdsa", "rsa"])
def test_the_file_to_compare_with_is_of_the_kind_of_key(
    kind: str, boards: Boards, keys: dict[str, Key]
) -> None:
    with ssh_server([keys[kind]]) as port:
        boards.add("nano", port)
        name = {"board": "ed25519"}.get(kind, kind)
        assert f"`ssh-keygen -lf /etc/ssh/ssh_host_{name}_key.pub`" in boards.trust("nano")
        assert keys[kind].public in boards.known.read_text()


def test_all_hosts_are_pinned_and_each_that_is_not_is_named(
    boards: Boards, keys: dict[str, Key]
) -> None:
    with ssh_server([keys["board"]]) as one, ssh_server([keys["rsa"]]) as two:
        for host, port in (("one", one), ("away", 1), ("two", two)):
            boards.add(host, port)
        said = boards.trust("--all", "--yes", says="")
        assert said.startswith("1 ")
        assert "no SSH server answers at 127.0.0.1:1" in said
        assert "1 of 3 hosts not pinned: see above" in said
        assert keys["board"].public in boards.known.read_text()
        assert keys["rsa"].public in boards.known.read_text()


def test_yes_never_replaces_a_key(nano: Boards, keys: dict[str, Key]) -> None:
    nano.pin("nano", keys["other"].public)
    before = nano.known.read_text()
    for options in (("nano", "--yes"), ("--all", "--yes")):
        said = nano.trust(*options, says="")
        assert said.startswith("1 ")
        assert "ANOTHER KEY" in said
    assert "--yes replaces no key" in nano.trust("nano", "--yes", "--replace", says="")
    assert nano.known.read_text() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name one host, or write --all"),
        (("nano", "--all"), "name one host, or write --all"),
        (("--all", "--fingerprint", "SHA256:" + "a" * 43), "is the key of one host"),
        (("nano", "--fingerprint", "MD5:aa:bb"), "is not a SHA-256 fingerprint"),
        (("nope",), "has no host nope: its hosts are nano"),
    ],
)
def test_a_wrong_call_is_an_error(options: tuple[str, ...], said: str, boards: Boards) -> None:
    boards.add("nano", 1)
    assert said in boards.trust(*options, says="")


def test_one_of_all_may_be_left_out(boards: Boards, keys: dict[str, Key]) -> None:
    with ssh_server([keys["board"]]) as one, ssh_server([keys["rsa"]]) as two:
        boards.add("one", one)
        boards.add("two", two)
        said = boards.trust("--all", says="n\ny\n")
        assert "one was left out" in said
        assert keys["board"].public not in boards.known.read_text()
        assert keys["rsa"].public in boards.known.read_text()


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
