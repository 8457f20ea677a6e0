"""`jetfleet doctor`: what is missing, each with its remedy, and never a secret's value."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.cli import ROOT, call

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
SECRET = "plainly-a-secret"  # noqa: S105 - it must appear nowhere


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with all that a person needs."""
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True)
    (folder / ".ssh/id_ed25519").write_text("a key", encoding="utf-8")
    return folder


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The example with lock, pinned keys and inventory."""
    path = tmp_path / "lab.yaml"
    path.write_text((ROOT / "tests/data/fleet.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    lock = (ROOT / "tests/data/lock.yaml").read_text(encoding="utf-8")
    path.with_suffix(".lock.yaml").write_text(lock, encoding="utf-8")
    path.with_suffix(".py").write_text("", encoding="utf-8")
    lines = [f"192.0.2.{number} ssh-ed25519 {KEY}\n" for number in (11, 12, 13)]
    path.with_name("known_hosts").write_text("".join(lines), encoding="utf-8")
    return path


def edit(spec: Path, **host: Any) -> None:
    yaml = YAML()
    body = yaml.load(spec.read_text(encoding="utf-8"))
    body["hosts"]["nano"].update(host)
    with spec.open("w", encoding="utf-8") as file:
        yaml.dump(body, file)


def looked(home: Path, *words: Any, **environ: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit status, and the findings by what was looked at."""
    given = {"HOME": str(home), "SSH_AUTH_SOCK": "", "NGC_API_KEY": SECRET, **environ}
    done = call("doctor", "--json", *words, environ=given)
    assert SECRET not in done.stdout
    answer = json.loads(done.stdout)
    assert answer["schema"] == 1
    assert answer["ok"] is (done.returncode == 0)
    return done.returncode, {one["what"]: one for one in answer["findings"]}


def missing(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {what: one["remedy"] for what, one in found.items() if not one["ok"] and one["counts"]}


def test_nothing_is_missing(home: Path, spec: Path) -> None:
    status, found = looked(home, spec)
    assert (status, missing(found)) == (0, {})
    assert {"python", "pyinfra", "git", "ssh", "ssh key", "lock", "host keys"} <= found.keys()


def test_a_program_that_is_missing(home: Path, tmp_path: Path) -> None:
    status, found = looked(home, PATH=str(tmp_path))
    assert status == 1
    assert missing(found) == {
        "git": "install the package git", "ssh": "install the package openssh-client",
    }  # fmt: skip


def test_no_key_to_log_in_with(home: Path) -> None:
    (home / ".ssh/id_ed25519").unlink()
    status, found = looked(home)
    assert status == 1
    assert "ssh-keygen -t ed25519" in missing(found)["ssh key"]


def test_what_a_spec_lacks(home: Path, spec: Path) -> None:
    spec.with_suffix(".lock.yaml").unlink()
    spec.with_suffix(".py").unlink()
    known = spec.with_name("known_hosts")
    known.write_text("".join(known.read_text().splitlines(keepends=True)[:2]), encoding="utf-8")
    edit(spec, port=2222, ssh={"key": "~/none"})
    status, found = looked(home, spec)
    assert status == 1
    remedies = missing(found)
    assert f"jetfleet lock {spec}" in remedies["lock"]
    assert "from jetfleet.inventory import hosts" in remedies["inventory"]
    assert remedies["host keys"].startswith(f"`jetfleet trust {spec} nano`")
    assert "ssh.key" in remedies["ssh.key ~/none"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\n", "cannot be read (it is not text)"),
        (
            b"# ours\n192.0.2.11 ssh-ed25519 AA!!\n",
            "known_hosts:2: found a line that is not a host key",
        ),
        (b"192.0.2.11\n", "known_hosts:1: found a line that is not a host key"),
        (None, "cannot be read (Is a directory)"),
    ],
)
def test_pinned_keys_that_cannot_be_read_are_reported_before_any_connection(
    home: Path, spec: Path, content: bytes | None, said: str
) -> None:
    known = spec.with_name("known_hosts")
    known.unlink()
    known.mkdir() if content is None else known.write_bytes(content)
    status, found = looked(home, spec)
    assert status == 1
    assert "jetfleet trust" in missing(found)["host keys"]
    shutil.copy(ROOT / "inventory/lab.py", spec.with_suffix(".py"))
    for words in (("plan", spec, "--deploy", ROOT / "deploys/llm.py"), ("trust", spec, "nano")):
        done = call(*words)
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_port_is_pinned_by_its_own(home: Path, spec: Path) -> None:
    edit(spec, port=2222)
    assert "host keys" in missing(looked(home, spec)[1])
    with spec.with_name("known_hosts").open("a", encoding="utf-8") as file:
        file.write(f"[192.0.2.13]:2222 ssh-ed25519 {KEY}\n")
    assert missing(looked(home, spec)[1]) == {}


def test_secrets_are_looked_for_and_not_read(home: Path, spec: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    env = {
        "HF_TOKEN": {"env": "NOWHERE_SET"},
        "VLLM_API_KEY": {"file": "~/token"},
        "OTHER_TOKEN": {"command": f"touch {ran}"},
    }
    edit(spec, services={"cosmos": {"env": env}})
    status, found = looked(home, spec, NGC_API_KEY="")
    assert status == 1
    assert missing(found) == {
        "secret NGC_API_KEY of cosmos-reason2-2b": "export NGC_API_KEY=…",
        "secret NOWHERE_SET of nano": "export NOWHERE_SET=…",
        "secret ~/token of nano": "write ~/token",
    }
    (home / "token").write_text(SECRET, encoding="utf-8")
    status, found = looked(home, spec, NOWHERE_SET=SECRET)
    assert (status, missing(found)) == (0, {})
    assert not ran.exists()


def test_a_wrong_spec(home: Path, spec: Path) -> None:
    edit(spec, colour="green", power={"mode": "120W"})
    status, found = looked(home, spec)
    assert status == 1
    assert f"jetfleet validate {spec}" in missing(found)["spec"]
    assert "(and 1 more)" in found["spec"]["found"]


def test_twins_count_only_if_asked_for(home: Path) -> None:
    _, found = looked(home)
    assert not any(one["counts"] for what, one in found.items() if what.startswith("twins: "))
    _, found = looked(home, "--twins")
    assert all(one["counts"] for one in found.values())


def test_for_people(home: Path, spec: Path) -> None:
    environ = {"HOME": str(home), "SSH_AUTH_SOCK": "", "NGC_API_KEY": SECRET}
    done = call("doctor", spec, environ=environ)
    assert done.returncode == 0
    assert done.stdout.endswith("nothing is missing\n")
    assert "\x1b" not in done.stdout
    done = call("doctor", spec, environ={**environ, "NGC_API_KEY": ""})
    assert done.returncode == 1
    assert "      = export NGC_API_KEY=…\n" in done.stdout
    assert done.stdout.endswith("1 missing: see the remedies above\n")
