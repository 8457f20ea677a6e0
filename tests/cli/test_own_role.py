"""A role of the fleet's own, as docs/guide/own-role.md has it: rendered, locked and compared."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jetfleet.cli import app
from jetfleet.fleet.deploy import roles_of
from jetfleet.lock import LockedImage
from jetfleet.lock.file import load_lock
from tests.support.cli import call
from tests.support.guide import blocks
from tests.support.own_role import IMAGE, PAGE, write_role
from tests.support.pyinfra import BIN
from tests.support.repository import git

SPEC = "inventory/lab.yaml"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    assert call("init", folder).returncode == 0
    return folder


def rendered(fleet: Path) -> dict[str, object]:
    done = call("render", SPEC, "--json", cwd=fleet)
    assert done.returncode == 0, done.stderr
    (host,) = json.loads(done.stdout)["hosts"]
    assert isinstance(host, dict)
    return host


def test_the_page_is_what_it_takes() -> None:
    (role,) = (one for one in blocks(PAGE) if one.mark == "file: roles/monitoring.py")
    assert len(role.text.splitlines()) <= 30


def test_it_is_rendered_and_its_image_is_a_gap(fleet: Path) -> None:
    before = rendered(fleet)
    write_role(fleet)
    after = rendered(fleet)
    assert "node-exporter" not in str(before)
    assert isinstance(after["files"], dict)
    assert after["files"]["/etc/node-exporter/board.prom"] == (
        'jetson_board{host="nano-1", module="orin-nano-super"} 1\n'
    )
    assert "docker run" in after["files"]["/etc/jetfleet/node-exporter/run"]
    done = call("render", SPEC, "-o", fleet / "out", "--locked", cwd=fleet)
    assert done.returncode == 1
    assert f"the image {IMAGE} of nano-1 is not locked" in done.stderr
    looked = call("doctor", SPEC, cwd=fleet)
    assert "3 not locked" in looked.stdout


def test_pyinfra_imports_it_and_ends_before_any_connection(fleet: Path) -> None:
    write_role(fleet)
    command = [str(BIN / "pyinfra"), "inventory/lab.py", "deploys/llm.py", "--dry"]
    done = subprocess.run(command, cwd=fleet, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"the image {IMAGE} of nano-1 is not locked" in done.stderr
    assert "Connect" not in done.stderr
    other = subprocess.run(
        [*command[:2], "deploys/base.py", "--dry"],
        cwd=fleet, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "is not locked" not in other.stderr  # that deploy needs nothing of the lock


def test_a_diff_takes_the_role_of_each_revision(fleet: Path) -> None:
    git(fleet, "init", "-q", "-b", "main")
    git(fleet, "add", "-A")
    git(fleet, "commit", "-q", "-m", "first")
    write_role(fleet)
    added = call("diff", SPEC, cwd=fleet)
    assert added.returncode == 2, added.stderr
    assert "node-exporter" in added.stdout
    git(fleet, "add", "-A")
    git(fleet, "commit", "-q", "-m", "second")
    role = fleet / "roles/monitoring.py"
    role.write_text(role.read_text(encoding="utf-8").replace("9100", "19100"), encoding="utf-8")
    template = fleet / "templates/monitoring/etc/node-exporter/board.prom.j2"
    template.write_text("jetson_board 1\n", encoding="utf-8")
    changed = call("diff", SPEC, cwd=fleet)
    assert changed.returncode == 2
    assert "/etc/node-exporter/board.prom" in changed.stdout
    assert "/etc/jetfleet/node-exporter/ready.json" in changed.stdout
    assert call("diff", "HEAD..HEAD", SPEC, cwd=fleet).returncode == 0


SETTING = next(block.text for block in blocks(PAGE) if block.mark == "part")


def set_port(fleet: Path, settings: str = SETTING) -> int:
    """Write settings under `defaults` of the spec; return the line of the last one."""
    text = (fleet / SPEC).read_text(encoding="utf-8")
    before, defaults, after = text.partition("defaults:\n")
    written = before + settings
    assert settings.startswith(defaults)
    (fleet / SPEC).write_text(written + after, encoding="utf-8")
    return written.count("\n")


def test_a_setting_of_the_spec_is_used(fleet: Path) -> None:
    write_role(fleet)
    before = str(rendered(fleet)["files"])
    set_port(fleet)
    after = str(rendered(fleet)["files"])
    assert ("listen-address=:9100" in before, "listen-address=:9200" in before) == (True, False)
    assert ("listen-address=:9100" in after, "listen-address=:9200" in after) == (False, True)


COMMANDS: list[tuple[str, ...]] = [
    ("validate", SPEC),
    ("validate", SPEC, "--json"),
    ("render", SPEC, "--json"),
    ("lock", SPEC),
    ("plan", SPEC),
    ("status", SPEC),
    ("doctor", SPEC),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_names_a_wrong_setting(fleet: Path, command: tuple[str, ...]) -> None:
    write_role(fleet)
    line = set_port(fleet, SETTING.replace("port: 9200", "prot: 9200"))
    done = call(*command, cwd=fleet)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    if "--json" in command and command[0] == "validate":
        (problem,) = json.loads(done.stdout)["specs"][0]["problems"]
        assert (problem["line"], problem["key"]) == (line, "defaults.roles.monitoring.prot")
    else:
        assert f"{SPEC}:{line}" in said
        assert "did you mean port?" in said or command[0] == "doctor"
    assert "Traceback" not in said


def test_pyinfra_names_a_wrong_setting(fleet: Path) -> None:
    write_role(fleet)
    line = set_port(fleet, SETTING.replace("monitoring", "monitorng"))
    command = [str(BIN / "pyinfra"), "inventory/lab.py", "deploys/llm.py", "--dry"]
    done = subprocess.run(command, cwd=fleet, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{SPEC}:{line - 1}: defaults.roles.monitorng: found settings of" in done.stderr
    assert "did you mean monitoring?" in done.stderr


def test_settings_of_another_deploys_role_may_stay(fleet: Path) -> None:
    write_role(fleet)
    set_port(fleet)
    deploy = ("--deploy", "deploys/base.py")
    assert call("validate", SPEC, *deploy, cwd=fleet).returncode == 0
    assert call("render", SPEC, "--json", *deploy, cwd=fleet).returncode == 0
    llm = fleet / "deploys/llm.py"
    llm.write_text(llm.read_text(encoding="utf-8").replace("    monitoring,\n", ""))
    for more in ((), deploy):
        done = call("validate", SPEC, *more, cwd=fleet)
        assert done.returncode == 1
        assert "the role monitoring, which the deploy does not apply" in done.stderr


def test_validate_judges_the_form_alone_where_there_is_no_deploy(
    fleet: Path, tmp_path: Path
) -> None:
    write_role(fleet)
    set_port(fleet, SETTING.replace("port", "prot"))
    alone = tmp_path / "alone"
    alone.mkdir()
    (fleet / SPEC).rename(alone / "lab.yaml")
    done = call("validate", "lab.yaml", cwd=alone)
    assert (done.returncode, done.stderr) == (0, "")
    done = call("validate", "lab.yaml", "--deploy", "none.py", cwd=alone)
    assert (done.returncode, "there is no deploy none.py" in done.stderr) == (1, True)
    done = call("validate", "lab.yaml", "--deploy", fleet / "deploys/llm.py", cwd=alone)
    assert (done.returncode, "did you mean port?" in done.stderr) == (1, True)


def test_validate_shows_the_spec_and_a_deploy_that_cannot_be_read(fleet: Path) -> None:
    write_role(fleet)
    set_port(fleet, SETTING.replace("roles", "rolse"))
    (fleet / "deploys/llm.py").write_text("import nothing_at_all\n", encoding="utf-8")
    done = call("validate", SPEC, cwd=fleet)
    assert done.returncode == 1
    assert "did you mean roles?" in done.stderr
    assert "nothing_at_all" in done.stderr


def test_a_diff_has_the_settings_of_each_revision(fleet: Path) -> None:
    """The first revision has settings of a role that only another deploy of it applied."""
    write_role(fleet)
    llm, other = fleet / "deploys/llm.py", fleet / "deploys/other.py"
    llm.rename(other)
    llm.write_text(other.read_text(encoding="utf-8").replace("    monitoring,\n", ""))
    text = (fleet / SPEC).read_text(encoding="utf-8")
    set_port(fleet)
    git(fleet, "init", "-q", "-b", "main")
    git(fleet, "add", "-A")
    git(fleet, "commit", "-q", "-m", "first")
    other.unlink()
    (fleet / SPEC).write_text(text, encoding="utf-8")
    done = call("diff", SPEC, cwd=fleet)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_lock_is_made_for_every_deploy_of_the_folder(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two deploys may exclude each other: both roles take the same port."""
    write_role(fleet)
    (fleet / SPEC).write_text(
        'version: 1\nhosts: {orin: {module: agx-orin-64gb, jetpack: "6.2", address: 192.0.2.12}}\n',
        encoding="utf-8",
    )
    role = (fleet / "roles/monitoring.py").read_text(encoding="utf-8")
    (fleet / "roles/other.py").write_text(role.replace("v1.8.2", "v1.9.0"), encoding="utf-8")
    (fleet / "templates/other").symlink_to("monitoring")
    deploy = (fleet / "deploys/llm.py").read_text(encoding="utf-8")
    (fleet / "deploys/other.py").write_text(deploy.replace("monitoring", "other"), encoding="utf-8")
    (fleet / "deploys/stock.py").write_text("raise RuntimeError('of pyinfra alone')\n")
    locked = LockedImage(digest="sha256:" + "1" * 64, size=1)
    monkeypatch.setattr("jetfleet.hubs.resolve.resolve_image", lambda *_: locked)
    monkeypatch.chdir(fleet)
    done = CliRunner().invoke(app, ["lock", SPEC])
    assert done.exit_code == 0, done.output
    both = {IMAGE, IMAGE.replace("v1.8.2", "v1.9.0")}
    assert load_lock(fleet / "inventory/lab.lock.yaml").images.keys() == both
    done = CliRunner().invoke(app, ["lock", SPEC, "--deploy", "deploys/llm.py"])
    assert load_lock(fleet / "inventory/lab.lock.yaml").images.keys() == {IMAGE}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Port = 9100", "Port = 8000", "8000 of node-exporter (role monitoring) and of chat"),
        ("inputs.image(IMAGE)", "inputs.image('node-exporter')", "has no tag"),
        ("[image, labels", "[File('/etc/fstab', ''), File('/etc/fstab', 'x')", "another file:"),
        ("LABELS, host=", "'/etc/nothing', host=", "templates/monitoring/etc/nothing.j2"),
        ("host=inputs.host)", "host=inputs.hots)", "roles/monitoring.py:21: AttributeError"),
        ("from jetfleet.resources import File", "import nothing_at_all", "nothing_at_all"),
    ],
)
def test_mistakes_of_a_role(fleet: Path, old: str, new: str, said: str) -> None:
    write_role(fleet)
    role = fleet / "roles/monitoring.py"
    text = role.read_text(encoding="utf-8")
    assert old in text
    role.write_text(text.replace(old, new), encoding="utf-8")
    done = call("render", SPEC, "--json", cwd=fleet)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_roles_of_two_fleets_are_never_mixed_up(tmp_path: Path) -> None:
    names = []
    for name in ("one", "two"):
        (tmp_path / name / "roles").mkdir(parents=True)
        (tmp_path / name / "deploys").mkdir()
        (tmp_path / name / "roles/own.py").write_text(
            f"NAME = {name!r}\ndef desired(inputs): return []\n", encoding="utf-8"
        )
        (tmp_path / name / "roles/__init__.py").touch()
        deploy = tmp_path / name / "deploys/llm.py"
        deploy.write_text(
            "from jetfleet.converge import apply\nfrom roles import own\napply(own)\n",
            encoding="utf-8",
        )
        (role,) = roles_of(deploy)
        names.append(role.NAME)  # type: ignore[attr-defined]
    assert names == ["one", "two"]
