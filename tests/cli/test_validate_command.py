"""What `jetfleet validate` prints: all errors in one go, each with its place and its remedy."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import COMMAND, call
from tests.support.rendered import ROOT

LAB = ROOT / "tests/data/fleet.yaml"


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    text = LAB.read_text(encoding="utf-8")
    for right, error in (
        ("ssh: {user: nvidia}", "ssh: {usr: nvidia}"),
        ("clocks: locked", "clocks: lokced"),
        ("mode: MAXN_SUPER", "mode: 120W"),
    ):
        assert right in text
        text = text.replace(right, error)
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def place(path: Path, word: str) -> str:
    before = path.read_text(encoding="utf-8").partition(word)[0]
    return f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def test_every_error_with_line_and_column_its_source_and_its_remedy(wrong: Path) -> None:
    done = call("validate", str(wrong))
    assert done.returncode == 1
    heads = [line for line in done.stderr.splitlines() if ": error: " in line]
    words = ("usr", "clocks: lokced", "mode: 120W")
    assert [head.partition(": error:")[0] for head in heads] == [
        place(wrong, word) for word in words
    ]
    block = done.stderr.splitlines()
    at = block.index(next(line for line in block if line.endswith("   ssh: {usr: nvidia}")))
    assert block[at + 1].index("^") == block[at].index("usr")
    assert block[at + 1].count("^") == len("usr")
    assert block[at + 2].strip() == "= did you mean user?"
    assert block[-1] == f"{wrong}: 3 errors"
    assert done.stdout == ""


def test_no_colour_but_on_a_terminal(wrong: Path) -> None:
    assert "\x1b" not in call("validate", str(wrong)).stderr
    assert "\x1b[" in on_a_terminal(wrong)
    assert "\x1b[" not in on_a_terminal(wrong, NO_COLOR="1")


def on_a_terminal(path: Path, **environ: str) -> str:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "validate", str(path)], stderr=theirs, env={**os.environ, **environ}, check=False
    )
    os.close(theirs)
    assert done.returncode == 1
    said = b""
    try:
        while part := os.read(ours, 1 << 16):
            said += part
    except OSError:  # Linux says so when the other side is closed and all was read.
        pass
    os.close(ours)
    return said.decode()


def test_json_has_all_of_it(wrong: Path) -> None:
    done = call("validate", "--json", str(wrong), "inventory/lab.yaml", "none.yaml")
    assert (done.returncode, done.stderr) == (1, "")
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["valid"]) == (1, False)
    first, second, third = answer["specs"]
    assert [problem["key"] for problem in first["problems"]] == [
        "defaults.ssh.usr", "defaults.power.clocks", "boards.orin-nano-super.power.mode",
    ]  # fmt: skip
    assert first["problems"][0] == {
        "file": str(wrong),
        "line": int(place(wrong, "usr").split(":")[1]),
        "column": int(place(wrong, "usr").split(":")[2]),
        "key": "defaults.ssh.usr",
        "severity": "error",
        "found": 'the unknown key "usr"',
        "expected": "one of config, first_key, key, password, proxy_jump, sudo, sudo_password, "
        "user",
        "remedy": "did you mean user?",
        "rule": None,
    }
    assert first["memory"] == {}
    assert second["memory"]["nano"]["level"] == "danger"
    assert second["memory"]["nano"]["services"] == {"cosmos": 5_729_786_266}
    assert "trust-remote-code" in {waiver["rule"] for waiver in second["waivers"]}
    assert (second["valid"], second["hosts"], second["problems"]) == (True, 5, [])
    assert (third["valid"], third["problems"]) == (False, [])
    assert "none.yaml" in third["error"]


def test_a_warning_is_shown_and_refuses_nothing(tmp_path: Path) -> None:
    text = LAB.read_text(encoding="utf-8").replace("dir: /mnt/nvme/models", "dir: /srv/models")
    path = tmp_path / "warned.yaml"
    path.write_text(text, encoding="utf-8")
    done = call("validate", str(path))
    assert done.returncode == 0
    assert f"{place(path, 'dir: /srv')}: warning: " in done.stderr
    assert json.loads(call("validate", "--json", str(path)).stdout)["valid"] is True


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ('hosts: {"a\tb": {adress: 1}}', "adress"),
        ("hosts: {日本語: {adress: 1}}", "adress"),
        (f"hosts: {{a: {{description: {'x' * 200}, adress: 1}}}}", "adress"),
    ],
)
def test_the_mark_stands_under_its_word(tmp_path: Path, line: str, mark: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"version: 1\n{line}\n", encoding="utf-8")
    said = call("validate", str(path)).stderr
    at = said.index("the unknown key")
    source, carets = said[at:].splitlines()[1:3]
    assert len(source) < 110
    assert "\t" not in source
    wide = sum(ord(character) > 0x3000 for character in source[: source.index(mark)])
    assert carets.index("^") == source.index(mark) + wide
    assert carets.count("^") == len(mark)


def test_what_a_file_holds_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"version: 1\nhosts: {a: {adress: \xc2\x9b31m}}\n")
    assert "\x9b" not in call("validate", str(path)).stderr
