"""The survey as a whole: real scripts run by the real shell on this computer, and what is read."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from jetfleet.converge.session import Session
from jetfleet.resources import (
    Board,
    Change,
    File,
    Image,
    Package,
    PowerMode,
    Resource,
    RunOptions,
)
from jetfleet.steps.write_file import write_file
from jetfleet.survey import survey
from jetfleet.transport.script import complete


class Shell:
    """Runs surveys here, and remembers how many it was asked for."""

    def __init__(self) -> None:
        self.scripts: list[str] = []

    def __call__(self, script: str, seconds: int) -> str:
        assert seconds >= survey.WHOLE_SECONDS
        self.scripts.append(script)
        done = subprocess.run(
            ["sh", "-s"], input=script, capture_output=True, text=True, check=True
        )
        return done.stdout


def files(folder: Path, *names: str) -> list[File]:
    return [File(str(folder / name), f"{name}\n") for name in names]


def test_one_script_reads_all_kinds(tmp_path: Path) -> None:
    shell = Shell()
    resources: list[Resource] = [*files(tmp_path, "a", "b"), Package("bash"), Package("no-such")]
    session = Session(resources, RunOptions(), shell)
    session.enter("plan")
    kept = {key: session.verdict(key).changes for key in session.resources}
    assert len(shell.scripts) == 1
    assert kept["package:bash"] == ()
    assert [c.attribute for c in kept["package:no-such"]] == ["installed"]
    assert [c.have for c in kept[f"file:{tmp_path}/a"]] == ["absent"]


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    shell = Shell()
    a, b = files(tmp_path, "a", "b")
    session = Session([a, b, Package("bash")], RunOptions(), shell)
    session.enter("apply")
    assert session.verdict(a.key).changes
    subprocess.run(["sh"], input=write_file(a.path, a.content), text=True, check=True)
    assert session.verdict(a.key).changes, "nobody said that it changed"
    session.changed([a.key])
    # This computer's files may belong to another user than a board's.
    assert "content" not in [change.attribute for change in session.verdict(a.key).changes]
    assert len(shell.scripts) == 2
    assert b.path not in shell.scripts[1]
    assert "dpkg-query" not in shell.scripts[1]


def test_another_phase_reads_again(tmp_path: Path) -> None:
    shell = Shell()
    session = Session(files(tmp_path, "a"), RunOptions(), shell)
    for phase in ("plan", "plan", "apply"):
        session.enter(phase)
        session.verdict(f"file:{tmp_path}/a")
    assert len(shell.scripts) == 2


def test_a_section_that_fails_closes_only_its_own_resources(tmp_path: Path) -> None:
    shell = Shell()
    resources: list[Resource] = [*files(tmp_path, "a"), PowerMode("MAXN"), Board("36.4.3", "x")]
    session = Session(resources, RunOptions(), shell)
    session.enter("plan")
    assert "nvpmodel.conf did not say" in session.verdict("power:mode").refused
    assert session.verdict(f"file:{tmp_path}/a").changes


def test_a_broken_survey_closes_everything(tmp_path: Path) -> None:
    resources = files(tmp_path, "a")
    states = survey.read("garbage", resources).states
    assert isinstance(states[resources[0].key], survey.Unknown)


def test_a_cut_script_runs_nothing(tmp_path: Path) -> None:
    """A connection that breaks in the middle of a script must not run its half ."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    whole = complete(f"rm -rf -- {tmp_path}/other\nrm -rf -- {victim}\n")
    for cut in range(len(whole) - 2):
        subprocess.run(["sh", "-s"], input=whole[:cut], text=True, capture_output=True, check=False)
        assert victim.read_text() == "precious", whole[:cut]


def test_a_file_is_replaced_whole_and_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "it's $(touch pwned)" / "x"
    user = {"owner": str(tmp_path.owner()), "group": str(tmp_path.group())}
    text = "a 'b' \"c\" $(reboot) `reboot` ; \\ é 漢\n"
    for content, mode in (("old\n", "644"), (text, "600")):
        script = write_file(str(path), content, mode=mode, **user)
        subprocess.run(["sh"], input=script, text=True, check=True, cwd=tmp_path)
    assert path.read_text(encoding="utf-8") == text
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["x"]
    assert not list(tmp_path.rglob("pwned"))


def test_the_diff_of_a_secret_is_never_made(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"old").hexdigest()
    secret = File(str(tmp_path / "s"), "top secret\n", mode="600", secret=True)
    output = f"stat|regular file|600|root|root|{secret.path}\n{digest}  {secret.path}\n"
    actual = File.read(output, [secret])[secret.key]
    changes = secret.compare(actual, RunOptions(diff=True))
    assert [(c.have, c.want, c.diff) for c in changes] == [("***", "***", None)]
    assert secret.path not in File.survey([secret], RunOptions(diff=True)).split("for p in")[-1:][
        0
    ] or ("for p in" not in File.survey([secret], RunOptions(diff=True)))
    assert isinstance(changes[0], Change)


def test_an_image_is_not_taken_for_absent_without_the_answer_of_the_engine() -> None:
    image = Image("docker.io/library/x", "1")
    lines = Shell()(survey.script([image], RunOptions(), board=False), 60).splitlines()
    ends = next(n for n, line in enumerate(lines) if " begin image" in line)
    assert " begin engine" in lines[0]
    for text, why in (
        ("\n".join(lines[ends:]), "the answer ended before it"),
        ("\n".join(lines).replace(" end engine 0", " end engine 1"), "ended with 1"),
    ):
        state = survey.read(text, [image]).states[image.key]
        assert isinstance(state, survey.Unknown)
        assert why in state.reason
    assert survey.read("\n".join(lines), [image]).states[image.key].present is False
