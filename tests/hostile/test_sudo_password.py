"""sudo that asks for a password is answered once, on standard input, and only if it asks."""

from __future__ import annotations

import shlex
import threading
import time
from pathlib import Path

import paramiko
import pytest

from jetfleet.steps import Refused
from jetfleet.transport.answer import result_of
from jetfleet.transport.exchange import Exchange, exchange
from jetfleet.transport.frame import FRAME
from jetfleet.transport.script import SHELL, to_send
from jetfleet.transport.sudo import REJECTED, Gate, answered_command
from tests.hostile.odd_ssh import connected, run

pytestmark = pytest.mark.timeout(60)

PASSWORD = "canary $(touch x) 'ö' \\n"  # noqa: S105 - made up

SUDO = """\
#!/bin/sh
# sudo(8) with -S: the prompt on standard error, a line of standard input, three tries.
while [ "$1" != sh ]; do
  [ "$1" != -p ] || prompt=$2
  shift
done
echo "$0 $prompt $*" >> HERE/seen
tr '\\0' ' ' < /proc/$$/environ >> HERE/seen
[ ! -e HERE/free ] || exec "$@"
try=0
while [ $try -lt TRIES ]; do
  try=$((try + 1))
  printf '[sudo: %s] Password: ' "$prompt" >&2
  IFS= read -r line || { echo 'sudo: no password was provided' >&2; exit 1; }
  printf '%s\\n' "$line" >> HERE/typed
  [ "$line" != "$(cat HERE/password)" ] || exec "$@"
  echo 'Sorry, try again.' >&2
done
echo "sudo: $try incorrect password attempts" >&2
exit 1
"""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A folder with a stand-in for sudo, the password that it takes, and what it has seen."""
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    install(tmp_path)
    return tmp_path


def install(folder: Path, tries: int = 3) -> None:
    sudo = folder / "sudo"
    sudo.write_text(SUDO.replace("HERE", str(folder)).replace("TRIES", str(tries)))
    sudo.chmod(0o755)


def asked(folder: Path, password: str, script: str = "echo yes\n") -> Exchange:
    def odd(channel: paramiko.Channel, command: str) -> None:
        (folder / "command").write_text(command, encoding="utf-8")
        run(channel, f"PATH={shlex.quote(str(folder))}:$PATH; {command}")

    with connected(odd) as transport:
        gate = Gate(to_send(script, 5).encode(), password)
        return exchange(transport, answered_command((*SHELL, "it")), gate, 5)


def test_the_password_lets_the_script_run(board: Path) -> None:
    big = "#" * 100_000 + "\ncat; echo yes\n"
    assert result_of(asked(board, PASSWORD, big), "it", 5).out == "yes"
    assert (board / "typed").read_text(encoding="utf-8") == f"{PASSWORD}\n"


def test_the_password_is_in_no_argument_and_no_environment(board: Path) -> None:
    done = asked(board, PASSWORD)
    seen = (board / "seen").read_text(encoding="utf-8", errors="replace")
    assert "it" in seen
    for text in (seen, (board / "command").read_text(), (done.out + done.err).decode()):
        assert "canary" not in text


def test_a_sudo_that_does_not_ask_gets_no_password(board: Path) -> None:
    (board / "free").touch()
    done = asked(board, PASSWORD, "cat; echo yes\n")
    assert result_of(done, "it", 5).out == "yes"
    assert not (board / "typed").exists()


def test_a_wrong_password_is_sent_once_and_nothing_after_it(board: Path) -> None:
    begun = time.monotonic()
    done = asked(board, "wrong canary")
    assert done.ended == REJECTED
    assert time.monotonic() - begun < 5
    assert (board / "typed").read_text(encoding="utf-8") == "wrong canary\n"


def test_a_sudo_of_one_try_is_named_too(board: Path) -> None:
    install(board, tries=1)
    with pytest.raises(Refused, match="sudo rejects the password: log in with `ssh`"):
        result_of(asked(board, "wrong canary"), "it", 5)


def test_a_prompt_of_another_run_is_not_answered() -> None:
    gate = Gate(b"script", PASSWORD)
    assert gate.more(b"", b"@jetfleet-0123456789abcdef password: ") == b""
    assert gate.more(b"@jetfleet root\n", b"[sudo] password for nvidia: ") == b""
    assert gate.more(b"", f"{FRAME} password".encode()) == f"{PASSWORD}\n".encode()
    assert gate.more(b"", f"{FRAME} password".encode()) == b""
    assert gate.more(f"\n{FRAME} root\n".encode(), b"") == b"script"
    assert gate.more(f"\n{FRAME} root\n".encode(), b"") == b""


def test_a_connection_survives_a_wrong_password(board: Path) -> None:
    def odd(channel: paramiko.Channel, command: str) -> None:
        run(channel, f"PATH={shlex.quote(str(board))}:$PATH; {command}")

    before = threading.active_count()
    with connected(odd) as transport:
        sent = to_send("echo yes\n", 5).encode()
        command = answered_command((*SHELL, "it"))
        assert exchange(transport, command, Gate(sent, "wrong canary"), 5).ended == REJECTED
        done = exchange(transport, command, Gate(sent, PASSWORD), 5)
        assert result_of(done, "it", 5).out == "yes"
    assert threading.active_count() - before < 20
