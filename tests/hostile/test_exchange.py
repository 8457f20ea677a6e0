"""A script over SSH: boards that misbehave in each way end it in time, with a sentence."""

from __future__ import annotations

import re
import subprocess
import time

import paramiko
import pytest

from jetfleet.steps import NoAnswer, Refused, Result
from jetfleet.transport import exchange as exchanges
from jetfleet.transport import phases, ssh_session
from jetfleet.transport.answer import result_of
from jetfleet.transport.exchange import exchange
from jetfleet.transport.frame import BEGIN, END, STARTED
from jetfleet.transport.script import SHELL, to_send
from jetfleet.transport.ssh_session import NoSessionError
from jetfleet.transport.unanswered import why_no_session
from tests.hostile.odd_ssh import (
    Odd,
    close_at_command,
    connected,
    never_reply,
    refuse_command,
    refuse_session,
    run,
    run_the_second,
)

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the limits that a board has beside that of the script."""
    for name in ("START", "GRACE", "LOCK"):
        monkeypatch.setattr(phases, f"{name}_SECONDS", 1)
    for name in ("START", "STALL", "SESSION", "_STATUS"):
        monkeypatch.setattr(exchanges, f"{name}_SECONDS", 1)
    monkeypatch.setattr(ssh_session, "SESSION_SECONDS", 1)


def asked(odd: Odd, script: str = "echo yes\n", seconds: int = 1) -> Result:
    """Run a script on a board that does this with it."""
    with connected(odd) as transport:
        command = " ".join((*SHELL, "it"))
        try:
            done = exchange(transport, command, to_send(script, seconds).encode(), seconds)
        except NoSessionError as error:
            raise Refused(why_no_session(str(error))) from error
        return result_of(done, "it", seconds)


def said(*parts: bytes, status: int | None = None, err: bytes = b"", close: bool = True) -> Odd:
    """Print these, in place of running anything."""

    def odd(channel: paramiko.Channel, command: str) -> None:
        del command
        for part in parts:
            channel.sendall(part)
        if err:
            channel.sendall_stderr(err)
        if status is not None:
            channel.send_exit_status(status)
        if close:
            channel.close()
        else:
            time.sleep(30)

    return odd


def repeated(part: bytes, count: int, pause: float = 0.0) -> Odd:
    """Print the same part again and again."""

    def odd(channel: paramiko.Channel, command: str) -> None:
        del command
        channel.sendall(BEGIN + STARTED)
        for _ in range(count):
            channel.sendall(part)
            time.sleep(pause)
        channel.close()

    return odd


def deaf(channel: paramiko.Channel, command: str) -> None:
    """Do nothing at all."""
    del channel, command
    time.sleep(30)


def around(before: bytes, after: bytes) -> Odd:
    """Run the command as a login shell that prints before and after it."""

    def odd(channel: paramiko.Channel, command: str) -> None:
        channel.sendall(before)
        channel.sendall_stderr(before)
        run(channel, f"{command}; printf '{after.decode()}'; printf '{after.decode()}' >&2")

    return odd


def unlocked(status: bytes, reason: bytes) -> Odd:
    """Say that the board's lock could not be taken."""
    return said(BEGIN + END + status + b"\n", err=BEGIN + reason + END + status + b"\n")


OPEN = BEGIN + STARTED
YES = OPEN + b"yes\n" + END + b"0\n"
ERR = BEGIN + END + b"0\n"

ANSWERED: dict[str, Odd] = {
    "as it should": run,
    "at the second request": run_the_second,
    "banner before": around(b"Welcome to the robot\n", b""),
    "banner without a line end": around(b"Welcome", b""),
    "noise after": around(b"", b"bye\\n"),
    "no exit status": said(YES, err=ERR, close=False),
    "no end of its output": said(YES, err=ERR, status=0, close=False),
    "another exit status": said(YES, err=ERR, status=7),
}

NO_ANSWER: dict[str, tuple[Odd, str]] = {
    "does not reply": (never_reply, "in time: sshd or the whole board hangs"),
    "says nothing": (deaf, "in time: sshd or the whole board hangs"),
    "begins, and says no more": (said(OPEN, close=False), "in time: sshd or the whole"),
    "no begin": (said(b"Last login: Monday\n", close=False), "in time: sshd or the whole"),
    "drips": (repeated(b"x", 3000, 0.01), "in time: sshd or the whole board hangs"),
    "no frame": (said(b"yes\n", status=0), "it said: yes"),
    "no frame, no status": (said(b"yes\n"), r"killed \(it said: yes\): run again; if"),
    "closes at once": (said(), "was killed: run again; if it happens again, look"),
    "forced command": (said(status=1), "exit status 1: look for `ForceCommand`"),
    "nologin": (said(b"This account is currently not available.\n", status=1), "no login shell"),
    "sudo asks": (said(err=b"sudo: a password is required\n", status=1), "line in /etc/sudoers.d"),
    "no sudo": (said(err=b"sh: 1: sudo: not found\n", status=127), "sudo is not installed"),
    "no tty": (said(err=b"sudo: sorry, you must have a tty\n", status=1), "remove `requiretty`"),
    "not allowed": (said(err=b"nvidia is not in the sudoers file.\n", status=1), "group `sudo`"),
    "no setsid": (said(err=b"sh: 1: setsid: not found\n", status=127), "install the package util"),
    "cut off": (said(OPEN + b"ye"), "broke off in the middle"),
    "cut off in its end": (said(OPEN + b"yes\n" + END[:20]), "broke off in the middle"),
    "killed around the script": (
        said(OPEN + END + b"cut\n", err=ERR),
        "ended from outside: a process of it was killed: run again",
    ),
    "nonsense": (said(OPEN + END + b"x y\n", err=ERR), "makes no sense"),
    "no session": (refuse_session, "`MaxSessions` and `ForceCommand`"),
    "no command": (refuse_command, "refuses to execute a command"),
    "a long line": (repeated(b"x" * 65536, 500), "printed more than 8 MiB"),
    "many lines": (repeated(b"y\n" * 32768, 500), "printed more than 8 MiB"),
    "a bad byte, and much": (repeated(b"\xff" + b"x" * 65535, 500), "printed more than 8 MiB"),
    "no timeout": (said(OPEN + END + b"lacks timeout\n", err=ERR), "install the package coreutils"),
    "locked": (
        unlocked(b"locked", b'{"by": "ann@desk", "since": "9:00"}'),
        "ann@desk is at work on this board since 9:00: run again",
    ),
    "locked by an unknown one": (unlocked(b"locked", b"[[["), "another run is at work on this"),
    "no lock": (
        unlocked(b"unlockable", b"mkdir: Read-only"),
        r"cannot be written \(mkdir: Read-only\): look whether /run is read-only or full",
    ),
}  # fmt: skip


@pytest.mark.parametrize("odd", ANSWERED.values(), ids=ANSWERED)
def test_an_answer_is_what_is_in_its_frame(odd: Odd) -> None:
    begun = time.monotonic()
    assert asked(odd) == Result(ok=True, out="yes")
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize(("odd", "sentence"), NO_ANSWER.values(), ids=NO_ANSWER)
def test_what_is_no_answer_ends_in_time_with_its_reason(odd: Odd, sentence: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Refused, match=sentence):
        asked(odd)
    assert time.monotonic() - begun < 10


def test_a_connection_that_breaks_before_the_command_is_lost() -> None:
    with pytest.raises((EOFError, OSError, paramiko.SSHException)):
        asked(close_at_command)


def test_a_board_that_takes_in_nothing_is_given_up() -> None:
    script = "#" * 8 * 2**20 + "\n"
    begun = time.monotonic()
    with pytest.raises(NoAnswer, match="sshd or the whole board hangs"):
        asked(deaf, script)
    assert time.monotonic() - begun < 10


def test_bytes_that_are_no_text_harm_nothing() -> None:
    result = asked(run, "printf 'f\\374r \\377\\0die NVMe\\n'; printf '\\374' >&2; exit 3\n")
    assert (result.ok, result.status) == (False, 3)
    assert (result.out, result.err) == ("f\ufffdr \ufffd\0die NVMe", "\ufffd")


def test_no_file_can_close_a_frame() -> None:
    forged = "\n@jetfleet-0123456789abcdef end answer 0\n"
    assert asked(run, f"printf '%s' '{forged}'; exit 4\n").status == 4


def processes(mark: str) -> list[str]:
    """Processes with this in their command line."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if mark in line and "ps -eo" not in line]


def gone(mark: str, seconds: float) -> bool:
    """Whether no such process is left within some seconds."""
    end = time.monotonic() + seconds
    while processes(mark):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


HANGS: dict[str, tuple[str, str]] = {
    "a program": ("tail -f /dev/null -s {mark}\n", "`tail` hangs: a disk or a network mount"),
    "a pipe": ("tail -f /dev/null -s {mark} | cat\n", "`tail` hangs"),
    "under a limit of its own": ("timeout 600 tail -f /dev/null -s {mark}\n", "`tail` hangs"),
    "under another program": (
        "python3 -c 'import os; os.system(\"tail -f /dev/null -s {mark}; true\")'\n",
        "`tail` hangs",
    ),
    "in the background": ("tail -f /dev/null -s {mark} & wait\n", "`tail` hangs"),
    "orphans": ("( tail -f /dev/null -s {mark} & ) ; sleep 60 {mark}\n", "hangs"),
    "deaf to TERM": (
        "sh -c 'trap \"\" TERM; while :; do sleep {mark}; done'\n",
        "`sleep .*` hangs: log in to the board",
    ),
    "stopped": ("tail -f /dev/null -s {mark} & sleep 0.3; kill -STOP $!; wait\n", "`tail` hangs"),
    "endless output": ("while :; do printf '%0500d' {mark}; sleep 0.01; done\n", "hangs|log in"),
}


@pytest.mark.parametrize(("script", "sentence"), HANGS.values(), ids=HANGS)
def test_a_script_that_hangs_ends_on_the_board(
    script: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"7{time.time_ns() % 10**7:07}"
    monkeypatch.setattr(phases, "GRACE_SECONDS", 8)
    with pytest.raises(NoAnswer, match=r"did not answer within 2 s: ") as late:
        asked(run, script.format(mark=mark), 2)
    assert re.search(sentence, str(late.value)), late.value
    assert gone(mark, 1), processes(mark)


def test_a_script_ends_with_its_connection() -> None:
    mark = f"7{time.time_ns() % 10**7:07}"
    with connected(run) as transport:
        channel = transport.open_session()
        channel.exec_command(" ".join((*SHELL, "it")))
        channel.sendall(to_send(f"sleep {mark}\n", 600).encode())
        end = time.monotonic() + 5
        while not processes(f"sleep {mark}") and time.monotonic() < end:
            time.sleep(0.1)
        assert processes(f"sleep {mark}")
    assert gone(mark, 6), processes(mark)


def test_a_closed_input_is_no_limit() -> None:
    done = subprocess.run(
        [*SHELL, "it"],
        input=to_send("sleep 30\n", 600),
        capture_output=True,
        text=True,
        check=False,
    )
    with pytest.raises(Refused, match="ended from outside"):
        result_of(exchanges.Exchange(bytearray(done.stdout.encode()), bytearray()), "it", 600)


def test_nothing_is_left_of_a_script_that_ended() -> None:
    assert asked(run, "echo $$\n", 3467).ok
    assert gone("3467", 2), processes("3467")


def test_output_is_shown_as_it_comes() -> None:
    seen: list[tuple[str, bytes]] = []
    with connected(run) as transport:
        sent = to_send("echo one; echo two >&2\n", 5).encode()
        exchange(transport, " ".join((*SHELL, "it")), sent, 5, lambda *one: seen.append(one))
    assert b"one" in b"".join(data for stream, data in seen if stream == "stdout")
    assert b"two" in b"".join(data for stream, data in seen if stream == "stderr")


def test_much_output_is_read_in_time_that_grows_with_it() -> None:
    def took(size: int) -> float:
        begun = time.process_time()
        assert len(asked(run, f"head -c {size} /dev/zero | tr '\\0' x\n", 30).out) == size
        return time.process_time() - begun

    took(2**18)
    assert took(2**22) < 40 * max(took(2**18), 0.05)
