"""Whatever a person wrote reaches the container's command line as it was written."""

from __future__ import annotations

import subprocess
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from jetfleet.containers import Container, Mount
from jetfleet.containers.run import run_script
from jetfleet.resources import Image

PRINTABLE = st.characters(codec="utf-8").filter(
    lambda char: unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
)
TEXT = st.text(PRINTABLE, max_size=30)
IMAGE = Image("docker.io/library/x", "1")


def started(folder: Path, container: Container) -> list[str]:
    """The arguments that docker is called with, by a real shell."""
    fake = folder / "docker"
    fake.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n", encoding="utf-8")
    fake.chmod(0o755)
    script = run_script("it", container, env_file=False)
    done = subprocess.run(
        ["sh", "-c", script.replace("/usr/bin/docker", str(fake), 1)],
        capture_output=True,
        check=True,
        env={"JETFLEET_STARTED_WITH": "abc", "SECRET": "x", "HOME": "/root", "PATH": "/bin"},
    )
    return done.stdout.decode().split("\0")[:-1]


@settings(max_examples=60, deadline=None)
@given(command=st.lists(TEXT, max_size=4), value=TEXT)
def test_any_word_arrives(tmp_path_factory: object, command: list[str], value: str) -> None:
    folder = Path(tmp_path_factory.mktemp("run"))  # type: ignore[attr-defined]
    container = Container(image=IMAGE, command=tuple(command), env={"VALUE": value})
    words = started(folder, container)
    image = words.index("docker.io/library/x:1")
    assert words[image + 1 :] == command
    assert f"VALUE={value}" in words[:image]
    assert words[:7] == [
        "run", "--rm", "--name", "it", "--label", "jetfleet.started-with=abc", "--runtime",
    ]  # fmt: skip


def test_hostile_words_arrive(tmp_path: Path) -> None:
    hostile = [
        "$(touch /tmp/x)", "`id`", "${SECRET}", "$SECRET", "%n %% %i", "a b", "it's", '"', "\\",
        "*", "-e", "--privileged", ";", "&&", "#", "~", "!x", "ü 日本 😀", "", " ", "\\n", "$$",
    ]  # fmt: skip
    words = started(tmp_path, Container(image=IMAGE, command=tuple(hostile)))
    assert words[words.index("docker.io/library/x:1") + 1 :] == hostile


def test_only_what_is_there_is_given(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    for number in (0, 1):
        (tmp_path / f"video{number}").write_text("")
    container = Container(
        image=IMAGE,
        mounts=(
            Mount(f"{tmp_path}/there", "/there", if_there=True),
            Mount(f"{tmp_path}/absent", "/absent", if_there=True),
            Mount("/always", "/always", write=True),
        ),
        devices=(f"{tmp_path}/video*", f"{tmp_path}/i2c-[0-9]", f"{tmp_path}/none"),
    )
    words = started(tmp_path, container)
    assert [words[at + 1] for at, word in enumerate(words) if word == "-v"] == [
        "/always:/always",
        f"{tmp_path}/there:/there:ro",
    ]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--device"] == [
        f"{tmp_path}/video0",
        f"{tmp_path}/video1",
    ]
