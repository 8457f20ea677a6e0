"""Secrets as a workstation has them: what is read, and what is refused with a sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jetfleet.redaction import redact
from jetfleet.spec.secret import SecretRef
from jetfleet.workstation import reveal as module
from jetfleet.workstation.reveal import Unrevealed, reveal

NAME = "JETFLEET_TEST_REVEALED"


def ref(kind: str, value: str) -> SecretRef:
    return SecretRef.model_validate({"kind": kind, "value": value})


def refusal(kind: str, value: str) -> str:
    with pytest.raises(Unrevealed) as error:
        reveal(ref(kind, value), {})
    said = str(error.value)
    assert "\n" not in said
    assert error.value.__cause__ is None or isinstance(error.value.__cause__, OSError)
    return said


def test_a_secret_is_read_from_each_place_and_hidden_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "from-environ")
    (tmp_path / "key").write_text("from-file\n")
    assert reveal(ref("env", NAME), {}) == "from-environ"
    assert reveal(ref("env", NAME), {NAME: "from-overlay"}) == "from-overlay"
    assert reveal(ref("file", str(tmp_path / "key")), {}) == "from-file"
    assert reveal(ref("command", "echo from-command"), {}) == "from-command"
    said = "from-environ from-overlay from-file from-command"
    assert redact(said) == "*** *** *** ***"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "has no secret"),
        ("abc", "a secret of 3 characters"),
        ("first\nsecond", "several lines"),
        ("first\rsecond", "several lines"),
        ("first\u2028second", "several lines"),
        ("esc\x1b[31mape", "control character"),
        ("tab\tbed-value", "control character"),
        ("latin-\udce4-one", "not text in UTF-8"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused(
    value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    said = refusal("env", NAME)
    assert f"the environment variable {NAME} " in said
    assert sentence in said
    assert ":" in said
    for part in filter(None, value.split("\n")):
        assert part not in said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00binary", "not text in UTF-8"),
        (b"one\ntwo\n", "several lines"),
        (b"nul\0inside", "control character"),
        (b"x" * 70_000, "more than 65536 bytes"),
        (b"", "has no secret"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(content)
    assert sentence in refusal("file", str(tmp_path / "key"))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal("file", str(tmp_path))
    assert "has no secret" in refusal("file", str(tmp_path / "none"))
    (tmp_path / "loop").symlink_to("loop")
    assert "has no secret" in refusal("file", str(tmp_path / "loop"))
    assert "has no secret" in refusal("file", "/proc/self/mem/none")
    assert "cannot be read" in refusal("file", "/proc/self/mem")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("exit 3", "ended with status 3"),
        ("echo leaked-value >&2; exit 1", "ended with status 1"),
        ("true", "has no secret"),
        ("printf 'a b\\nc d'", "several lines"),
        ("printf '\\377\\376\\000'", "not text in UTF-8"),
        ("head -c 70000 /dev/zero", "more than 65536 bytes"),
        ("no-such-program-of-ours", "ended with status 127"),
    ],
)
def test_a_command_without_a_secret_is_refused(
    command: str, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refusal("command", command)
    assert "".join(capfd.readouterr()) == ""


def test_a_command_that_hangs_ends_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "COMMAND_SECONDS", 0.3)
    begun = time.monotonic()
    command = f"sleep 50 & echo $! > {tmp_path}/pid; wait"
    assert "did not end within 0.3 seconds" in refusal("command", command)
    # The other hosts do not wait again.
    assert "did not end" in refusal("command", command)
    assert time.monotonic() - begun < 5
    pid = int((tmp_path / "pid").read_text())
    time.sleep(0.1)
    assert not Path(f"/proc/{pid}").exists() or (
        ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    )


def test_the_commands_of_all_hosts_run_once(tmp_path: Path) -> None:
    command = f"echo x >> {tmp_path}/runs; echo secret-value"
    for _ in range(3):
        reveal(ref("command", command), {})
    assert (tmp_path / "runs").read_text() == "x\n"
